#include "mailbox.hpp"

#include <catch2/catch_test_macros.hpp>

#include <atomic>
#include <cstddef>
#include <deque>
#include <thread>
#include <vector>

using fsm::detail::mailbox;

namespace {

struct letter {
  std::size_t sender = 0;
  std::size_t number = 0;
  letter* following = nullptr;
  [[nodiscard]] letter* next() const noexcept { return following; }
  void next(letter* other) noexcept { following = other; }
};

}  // namespace

TEST_CASE("The first push to an idle mailbox makes its caller responsible, later ones do not",
          "[mailbox]") {
  mailbox<letter> box;
  letter a;
  letter b;
  CHECK(box.push(&a));
  CHECK_FALSE(box.push(&b));
}

TEST_CASE("A mailbox gives its messages oldest first and all at once", "[mailbox]") {
  mailbox<letter> box;
  letter letters[3];
  for (letter& l : letters) static_cast<void>(box.push(&l));
  letter* got = box.take_all();
  CHECK(got == &letters[0]);
  CHECK(got->next() == &letters[1]);
  CHECK(got->next()->next() == &letters[2]);
  CHECK(letters[2].next() == nullptr);
  CHECK(box.take_all() == nullptr);
}

TEST_CASE("A mailbox does not become idle while something waits, and is idle only after it says so",
          "[mailbox]") {
  mailbox<letter> box;
  letter a;
  letter b;
  static_cast<void>(box.push(&a));
  CHECK_FALSE(box.try_idle());
  static_cast<void>(box.take_all());
  // Still owned: a push in between does not make a second owner.
  CHECK_FALSE(box.push(&b));
  CHECK_FALSE(box.try_idle());
  static_cast<void>(box.take_all());
  CHECK(box.try_idle());
  CHECK(box.push(&a));
}

TEST_CASE(
    "A mailbox under many senders loses nothing, keeps each sender's order and has one owner at a "
    "time",
    "[mailbox][stress]") {
  constexpr std::size_t senders = 4;
  constexpr std::size_t letters_each = 20'000;
  mailbox<letter> box;
  // Written by whoever owns the mailbox, without any lock: a second owner would be a race.
  std::vector<std::size_t> seen(senders, 0);
  std::size_t out_of_order = 0;
  std::size_t total = 0;
  std::atomic<int> owners{0};
  std::atomic<int> most_owners{0};

  const auto own = [&] {
    if (const int now = owners.fetch_add(1) + 1; now > most_owners.load()) most_owners.store(now);
    for (;;) {
      for (letter* l = box.take_all(); l != nullptr; l = l->next()) {
        if (seen[l->sender] != l->number) ++out_of_order;
        seen[l->sender] = l->number + 1;
        ++total;
      }
      owners.fetch_sub(1);
      if (box.try_idle()) return;
      owners.fetch_add(1);
    }
  };
  std::vector<std::deque<letter>> letters(senders);
  std::vector<std::thread> threads;
  for (std::size_t s = 0; s < senders; ++s) {
    threads.emplace_back([&, s] {
      for (std::size_t i = 0; i < letters_each; ++i) {
        letter& l = letters[s].emplace_back(letter{.sender = s, .number = i});
        if (box.push(&l)) own();
      }
    });
  }
  for (std::thread& t : threads) t.join();
  CHECK(total == senders * letters_each);
  CHECK(out_of_order == 0);
  CHECK(most_owners.load() == 1);
}
