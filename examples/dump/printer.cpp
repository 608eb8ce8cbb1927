#include "dump/printer.hpp"

#include "dump/lines.hpp"

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

namespace dump {

namespace json = boost::json;

bool printer::on_summary(const fsm::rocksdb_summary& summary) { return print(store_line(summary)); }

bool printer::on_owed_release(std::uint64_t uid, std::uint32_t number) {
  if (what_.function.empty()) return print(owed_release_line(uid, number));
  owed_.emplace_back(uid, number);
  return true;
}

bool printer::on_function(const fsm::stored_function& function) {
  if (!print_pending()) return false;
  const bool wanted = what_.function.empty() || function.name == what_.function;
  shown_ = wanted && !full();
  if (!shown_) return what_.events || !full();
  ++functions_;
  found_ = true;
  if (!what_.function.empty()) {
    uids_.insert(function.uid);
    for (const auto& [uid, number] : owed_) {
      if (uid == function.uid && !print(owed_release_line(uid, number))) return false;
    }
  }
  pending_ = function_line(function);
  (*pending_)["documents"] = json::array{};
  return true;
}

bool printer::on_document(std::uint64_t, std::uint32_t version, std::string_view document) {
  if (!pending_) return true;
  pending_->at("documents")
      .as_array()
      .push_back(document_entry(version, document, what_.documents));
  return true;
}

bool printer::on_metadata(std::uint64_t, std::string_view metadata) {
  if (pending_) (*pending_)["metadata"] = content_entry(metadata, what_.documents);
  return true;
}

bool printer::on_history(const fsm::stored_transition& transition) {
  if (!print_pending()) return false;
  return !shown_ || !what_.history || print(transition_line("history", transition));
}

bool printer::on_event(const fsm::stored_transition& transition) {
  if (!print_pending()) return false;
  if (!what_.events || events_ >= what_.limit) return false;
  const bool wanted =
      what_.function.empty() || transition.name == what_.function || uids_.contains(transition.uid);
  if (!wanted) return true;
  ++events_;
  found_ = true;
  return print(transition_line("event", transition));
}

bool printer::finish() { return print_pending() && to_.flush(); }

bool printer::print_pending() {
  if (!pending_) return true;
  const json::object line = *std::move(pending_);
  pending_.reset();
  return print(line);
}

bool printer::print(const json::object& line) { return to_.write(json::serialize(line)); }

}  // namespace dump
