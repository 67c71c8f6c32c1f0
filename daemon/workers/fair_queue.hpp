/// A queue in which everybody gets on: between two items of one principal each other one that waits
/// has its turn. What is urgent goes before what is not.
#pragma once

#include <algorithm>
#include <compare>
#include <cstdint>
#include <map>
#include <string>
#include <utility>

namespace ptah {

template <class Item>
class FairQueue {
 public:
  /// Urgent ones first; then by turns: an item's is the one after that of its principal's last, at
  /// the earliest the next. Of one turn in the order in which they came.
  struct Place {
    bool later = false;
    std::uint64_t turn = 0;
    auto operator<=>(const Place&) const = default;
  };
  struct Entry {
    std::string principal;
    Item item;
  };
  using Items = std::multimap<Place, Entry>;
  using iterator = typename Items::iterator;

  void push(const std::string& principal, bool urgent, Item item) {
    std::uint64_t& last = last_[{!urgent, principal}];
    last = std::max(last, turn_[!urgent]) + 1;
    items_.emplace(Place{!urgent, last}, Entry{principal, std::move(item)});
  }
  iterator begin() { return items_.begin(); }
  iterator end() { return items_.end(); }

  /// Takes an item out that has its turn. Also the place behind it.
  std::pair<Item, iterator> take(iterator at) {
    const auto [later, turn] = at->first;
    turn_[later] = std::max(turn_[later], turn);
    Item item = std::move(at->second.item);
    const iterator next = items_.erase(at);
    // Who has nothing that is still to come is as good as new.
    std::erase_if(last_, [&](const auto& last) { return last.second <= turn_[last.first.first]; });
    return {std::move(item), next};
  }
  /// Takes an item out that is not to have its turn: the next of its principal has it.
  Item drop(iterator at) {
    const std::string principal = at->second.principal;
    const bool later = at->first.later;
    Place place = at->first;
    Item item = std::move(at->second.item);
    for (auto next = items_.erase(at); next != items_.end() && next->first.later == later;) {
      const auto behind = std::next(next);
      if (next->second.principal == principal) {
        auto node = items_.extract(next);
        std::swap(node.key(), place);
        items_.insert(std::move(node));
      }
      next = behind;
    }
    last_[{later, principal}] = place.turn - 1;
    return item;
  }
  std::size_t size() const noexcept { return items_.size(); }
  bool empty() const noexcept { return items_.empty(); }

 private:
  Items items_;
  /// Of (later, principal), where it is to come.
  std::map<std::pair<bool, std::string>, std::uint64_t> last_;
  std::uint64_t turn_[2] = {0, 0};  ///< The present one of what is urgent, and of what is later.
};

}  // namespace ptah
