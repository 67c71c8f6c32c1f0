/// What the tests of native_drc share.
#pragma once

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "engine.hpp"
#include "samples.hpp"

namespace ptah::test {

inline const Technology& technology() {
  return Technology::ptah130();
}

inline native::drc::Engine engine(std::size_t max_violations = 100'000) {
  auto plan = native::drc::Plan::compile(Technology::ptah130());
  EXPECT_TRUE(plan) << plan.error().text();
  return native::drc::Engine(std::move(plan).value(), {max_violations});
}

inline Verdict check(native::drc::Engine& engine, std::vector<Shape> shapes) {
  gds::Flat flat;
  flat.shapes = std::move(shapes);
  SimpleJobContext job;
  auto verdict = engine.check(flat, job);
  EXPECT_TRUE(verdict) << verdict.error().text();
  return std::move(verdict).value();
}

inline Verdict check(const std::vector<Shape>& shapes) {
  native::drc::Engine fresh = engine();
  return check(fresh, shapes);
}

inline std::set<std::string> rules_of(const Verdict& verdict) {
  std::set<std::string> rules;
  for (const Violation& violation : verdict.violations) rules.insert(violation.rule);
  return rules;
}

/// All that a verdict says, a line a violation.
inline std::string text_of(const Verdict& verdict) {
  std::string text = verdict.summary + "\n";
  for (const Violation& v : verdict.violations) {
    text += v.rule + " " + v.layer + " " + v.text;
    for (const Dbu c : {v.place.x0, v.place.y0, v.place.x1, v.place.y1}) {
      text += " " + std::to_string(c);
    }
    text += "\n";
  }
  return text;
}

}  // namespace ptah::test
