#pragma once

#include "dump/flags.hpp"
#include "dump/line_writer.hpp"
#include <fsm/rocksdb.hpp>

#include <boost/json/object.hpp>

#include <cstdint>
#include <optional>
#include <unordered_set>
#include <utility>
#include <vector>

namespace dump {

/// Prints what is read of a store. A function's line comes when its documents are known.
class printer final : public fsm::rocksdb_reader {
public:
  printer(const flags& what, line_writer& to) : what_{what}, to_{to} {}

  bool on_summary(const fsm::rocksdb_summary& summary) override;
  bool on_owed_release(std::uint64_t uid, std::uint32_t number) override;
  bool on_function(const fsm::stored_function& function) override;
  bool on_document(std::uint64_t uid, std::uint32_t version, std::string_view document) override;
  bool on_metadata(std::uint64_t uid, std::string_view metadata) override;
  bool on_history(const fsm::stored_transition& transition) override;
  bool on_event(const fsm::stored_transition& transition) override;
  /// To be called when the reading is over.
  bool finish();

  /// Whether anything of the function that was asked for by name was there.
  [[nodiscard]] bool found() const noexcept { return what_.function.empty() || found_; }

private:
  bool print(const boost::json::object& line);
  bool print_pending();
  [[nodiscard]] bool full() const noexcept { return functions_ >= what_.limit; }

  const flags& what_;
  line_writer& to_;
  std::optional<boost::json::object> pending_;
  std::uint64_t functions_ = 0;
  std::uint64_t events_ = 0;
  bool shown_ = false;  // Whether the latest function is.
  bool found_ = false;
  // With a name given: until the function is seen nobody knows whose releases to show.
  std::vector<std::pair<std::uint64_t, std::uint32_t>> owed_;
  std::unordered_set<std::uint64_t> uids_;
};

}  // namespace dump
