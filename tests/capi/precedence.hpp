// SPDX-License-Identifier: Apache-2.0
// For the tests of precedence: a call of each function with valid arguments, and every fault that
// they may have, in the order of the header's "Returns".
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <functional>
#include <initializer_list>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "allocation.hpp"
#include "calls.hpp"
#include "faulty_host.hpp"

namespace capi {

// One way to get a status. Two faults of the same `slot` cannot be in one call, unless it is 0.
struct Fault {
  lowtide_status status;
  std::function<void()> commit;
  int slot = 0;
  bool of_another = false;  // documented once for two arguments, of which this is the second
};

struct Scene {
  std::string function;
  std::vector<Fault> faults;
  std::function<lowtide_status()> call;
};
using Make = std::function<Scene()>;

template <class T>
T* off(T* pointer) {
  return static_cast<T*>(static_cast<void*>(static_cast<char*>(static_cast<void*>(pointer)) + 1));
}
template <class To, class From>
To* over(From* pointer) {
  return static_cast<To*>(static_cast<void*>(pointer));
}

inline constexpr std::int64_t never = -1;

// Valid arguments for all functions. A fault changes a pointer or what it points to.
struct State {
  lowtide_amount amounts[3] = {{1, 0}, {2, 0}, {3, 0}};
  lowtide_amount* out = &amounts[0];
  lowtide_amount* a = &amounts[1];
  lowtide_amount* b = &amounts[2];
  alignas(16) char text[64] = "12.5";
  char* characters = text;
  std::size_t length = 4;
  std::size_t written = 0;
  std::size_t* size = &written;
  std::int32_t number = 0;
  std::int32_t* order = &number;
  const char* word = "";
  const char** name = &word;
  std::int32_t code = 1;
  std::uint32_t flag = 0;
  std::uint32_t* present = &flag;
  std::int64_t instant = 0;
  std::int64_t* at_out = &instant;
  std::int64_t at = start + 2 * day;
  std::int64_t now = start + 2 * day;
  std::int64_t sequence = 7;

  lowtide_alert alerts[2] = {capi::alerting(), capi::alerting()};
  lowtide_alert* after = &alerts[0];
  lowtide_alert* before = &alerts[1];
  lowtide_balance balance_value = sized<lowtide_balance>();
  lowtide_balance* balance = &balance_value;
  lowtide_last_observed observed_value = sized<lowtide_last_observed>();
  lowtide_last_observed* observed = &observed_value;
  lowtide_alert_fields fields_value = sized<lowtide_alert_fields>();
  lowtide_alert_fields* fields = &fields_value;
  lowtide_decision decision_value = sized<lowtide_decision>();
  lowtide_decision* decision = &decision_value;
  lowtide_observation observation_value = an_observation("950", start + day);
  lowtide_observation* observation = &observation_value;
  lowtide_enable enable_value = sized<lowtide_enable>();
  lowtide_enable* enable = &enable_value;
  lowtide_set_threshold set_value = sized<lowtide_set_threshold>();
  lowtide_set_threshold* set = &set_value;
  lowtide_output output_value = capi::fire();
  lowtide_output* output = &output_value;
  alignas(16) std::uint8_t bytes[LOWTIDE_ALERT_BYTES] = {};
  std::uint8_t* stored = bytes;
  std::size_t capacity = LOWTIDE_ALERT_BYTES;
  std::string account_name = "acme";
  std::string alert_name = "low_balance";
  const char* account = account_name.data();
  std::size_t account_size = 4;
  const char* alert = alert_name.data();
  std::size_t alert_size = 11;
  alignas(16) char key_room[LOWTIDE_KEY_SIZE] = {};
  char* key = key_room;
  std::size_t key_capacity = LOWTIDE_KEY_SIZE;

  bool no_memory = false;
  // Makes the call, without memory if that is the fault.
  template <class Call>
  lowtide_status run(const Call& call) const {
    if (no_memory) allowed = 0;
    const lowtide_status status = call();
    allowed = capi::no_failure;
    return status;
  }

  State() {
    enable_value.at = set_value.at = start + 2 * day;
    REQUIRE(lowtide_alert_read(fields, before) == LOWTIDE_OK);
    REQUIRE(lowtide_alert_encode(size, bytes, sizeof bytes, before) == LOWTIDE_OK);
    capacity = written;
  }
  void corrupt() const { before->opaque[7] |= std::uint64_t{5} << 24U | std::uint64_t{5} << 32U; }
};

inline std::vector<Fault> joined(std::initializer_list<std::vector<Fault>> parts) {
  std::vector<Fault> all;
  for (const auto& part : parts) all.insert(all.end(), part.begin(), part.end());
  return all;
}

// The scenes of all functions, in five files.
std::vector<Make> value_scenes();
std::vector<Make> alert_scenes();
std::vector<Make> decision_scenes();
std::vector<Make> batch_scenes();
std::vector<Make> monitor_scenes();
std::vector<Make> apply_scenes();
Make create_scene();

}  // namespace capi
