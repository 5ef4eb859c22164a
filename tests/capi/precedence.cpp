// SPDX-License-Identifier: Apache-2.0
// Of two errors in one call the first in the order of the header's "Returns" is returned: every
// pair that can occur together, of each function.
#include "precedence.hpp"

#include <map>
#include <set>

#include "exercised.hpp"

namespace {

using namespace capi;

std::vector<Make> scenes() {
  std::vector<Make> all = value_scenes();
  for (const auto& more :
       {alert_scenes(), decision_scenes(), batch_scenes(), monitor_scenes(), apply_scenes()})
    all.insert(all.end(), more.begin(), more.end());
  all.push_back(create_scene());
  return all;
}

// What the header promises of a function.
struct Contract {
  std::string function;
  std::string owner;                  // the first function behind the same comment
  std::vector<std::string> statuses;  // after LOWTIDE_OK, in the order of "Returns"
};

const Contract& contract_of(const std::string& function) {
  static const std::vector<Contract> contracts = {
#include "contracts.inc"
  };
  const auto found = std::find_if(contracts.begin(), contracts.end(),
                                  [&](const Contract& one) { return one.function == function; });
  REQUIRE(found != contracts.end());
  return *found;
}

}  // namespace

TEST_CASE("precedence: of two errors in one call the first in the documented order is returned") {
  std::uint64_t pairs = 0;
  std::set<std::string> functions;
  // By the owner of the contract, for all functions behind it.
  std::map<std::string, std::set<std::string>> reached;
  std::map<std::string, std::set<std::string>> documented;
  for (const Make& make : scenes()) {
    const Scene right = make();
    CAPTURE(right.function);
    CHECK(met(right.call()) == LOWTIDE_OK);
    const Contract& contract = contract_of(right.function);
    const std::vector<std::string>& order = contract.statuses;
    std::size_t place = 0;
    for (std::size_t i = 0; i < right.faults.size(); ++i) {
      // The status of the fault is documented, and not before that of the fault before it.
      const std::string name = lowtide_status_name(right.faults[i].status);
      const bool again = right.faults[i].of_another ||
                         (i != 0 && right.faults[i - 1].status == right.faults[i].status);
      if (!again) {
        while (place < order.size() && order[place] != name) ++place;
        CHECK_MESSAGE(place < order.size(), name << " is not documented at its place");
        ++place;
      }
      reached[contract.owner].insert(name);
      documented[contract.owner].insert(order.begin(), order.end());
      CAPTURE(i);
      const Scene one = make();
      one.faults[i].commit();
      CHECK(met(one.call()) == right.faults[i].status);
      for (std::size_t j = i + 1; j < right.faults.size(); ++j) {
        if (right.faults[i].slot != 0 && right.faults[i].slot == right.faults[j].slot) continue;
        CAPTURE(j);
        const Scene both = make();
        both.faults[j].commit();
        both.faults[i].commit();
        CHECK(both.call() == right.faults[i].status);
        ++pairs;
      }
    }
    functions.insert(right.function);
  }
  // Every documented status was reached.
  for (const auto& [owner, names] : documented) CHECK(reached[owner] == names);
  exercised("functions whose statuses come in the order of the header", functions.size(),
            "functions", 41);
  exercised("pairs of faults in one call", pairs, "pairs", 400);
}
