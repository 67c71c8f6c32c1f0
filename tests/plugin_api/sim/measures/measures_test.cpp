/// Measures of curves whose answers are known, and the file that lists measures.
#include "ptah/sim/measures.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

namespace ptah {
namespace {

using testing::HasSubstr;

MeasureSpec at(double hz) {
  MeasureSpec spec;
  spec.at_hz = hz;
  return spec;
}

MeasureSpec band(std::optional<double> from, std::optional<double> to) {
  MeasureSpec spec;
  spec.from_hz = from;
  spec.to_hz = to;
  return spec;
}

MeasureSpec of(std::string output, std::string reference = {}) {
  MeasureSpec spec;
  spec.output = std::move(output);
  spec.reference = std::move(reference);
  return spec;
}

/// gain / prod(1 + j f / pole), 200 points a decade.
Waveform response(double gain, const std::vector<double>& poles, double from, double to) {
  Waveform ac{"ac", "frequency", {}, {"v(out)"}, {{}}};
  const int points = static_cast<int>(200 * std::log10(to / from));
  for (int i = 0; i <= points; ++i) {
    const double f = from * std::pow(10, i / 200.0);
    std::complex<double> value = gain;
    for (const double pole : poles) value /= std::complex<double>(1, f / pole);
    ac.x.push_back(f);
    ac.y[0].push_back(value);
  }
  return ac;
}

Measure one(MeasureKind kind, const std::vector<Waveform>& waveforms, MeasureSpec spec = {}) {
  spec.name = "m";
  spec.kind = kind;
  return evaluate_measures({spec}, waveforms).at(0);
}

TEST(Measures, KnowATwoPoleAmplifier) {
  const std::vector<Waveform> waveforms = {response(-1000, {1e3, 1e7}, 1, 1e10)};
  EXPECT_NEAR(*one(MeasureKind::kGain, waveforms).value, 60, 1e-4);
  EXPECT_NEAR(*one(MeasureKind::kBandwidth, waveforms).value, 1e3, 1);
  const double unity = *one(MeasureKind::kUnityGainFrequency, waveforms).value;
  EXPECT_NEAR(unity, 995e3, 2e3);
  // The sign of the gain is no lag.
  const double lag = (std::atan(unity / 1e3) + std::atan(unity / 1e7)) * 180 / std::numbers::pi;
  EXPECT_NEAR(*one(MeasureKind::kPhaseMargin, waveforms).value, 180 - lag, 0.1);
  const Measure margin = one(MeasureKind::kGainMargin, waveforms);
  EXPECT_FALSE(margin.value) << "two poles never reach 180 degrees";
  EXPECT_THAT(margin.reason, HasSubstr("never lags by 180 degrees"));
}

TEST(Measures, KnowTheGainMarginOfThreeEqualPoles) {
  // Each lags by 60 degrees where f = sqrt(3) pole, and takes a factor of 2.
  const std::vector<Waveform> waveforms = {response(4, {1e6, 1e6, 1e6}, 1e3, 1e8)};
  EXPECT_NEAR(*one(MeasureKind::kGainMargin, waveforms).value, 20 * std::log10(2), 0.05);
  EXPECT_NEAR(*one(MeasureKind::kGain, waveforms, at(1e6)).value,
              20 * std::log10(4 / std::pow(2, 1.5)), 0.001);
}

TEST(Measures, SayWhyThereIsNone) {
  const std::vector<Waveform> flat = {response(0.9, {1e12}, 1e3, 1e6)};
  const auto reason = [&](MeasureKind kind, const MeasureSpec& spec = {}) {
    const Measure measure = one(kind, flat, spec);
    EXPECT_FALSE(measure.value);
    return measure.reason;
  };
  EXPECT_THAT(reason(MeasureKind::kBandwidth), HasSubstr("never falls by 3 dB between 1000 Hz"));
  EXPECT_THAT(reason(MeasureKind::kUnityGainFrequency), HasSubstr("starts at or below 0 dB"));
  EXPECT_THAT(reason(MeasureKind::kPhaseMargin), HasSubstr("starts at or below 0 dB"));
  EXPECT_THAT(reason(MeasureKind::kGain, of("v(nowhere)")), HasSubstr("v(nowhere)"));
  EXPECT_THAT(reason(MeasureKind::kGain, at(1e9)), HasSubstr("does not reach 1e+09 Hz"));
  EXPECT_THAT(reason(MeasureKind::kOffset), HasSubstr("no .op analysis"));
  EXPECT_THAT(reason(MeasureKind::kNoise), HasSubstr("no .noise analysis"));
  EXPECT_THAT(reason(MeasureKind::kRejection, of("", "v(x)")), HasSubstr("v(x)"));
  const Measure high = one(MeasureKind::kUnityGainFrequency, {response(9, {1e12}, 1e3, 1e6)});
  EXPECT_THAT(high.reason, HasSubstr("never falls through 0 dB"));
}

TEST(Measures, ReadOperatingPointsAndNoise) {
  const Waveform op{"op", "", {0}, {"v(out)", "v(in)", "i(vdd)"}, {{0.91}, {0.9}, {-1e-4}}};
  EXPECT_NEAR(*one(MeasureKind::kOffset, {op}, of("v(out)", "v(in)")).value, 0.01, 1e-12);
  EXPECT_EQ(*one(MeasureKind::kSupplyCurrent, {op}, of("i(Vdd)")).value, 1e-4);
  const Waveform noise{"noise", "frequency", {1, 101, 201}, {"onoise_spectrum"}, {{2, 2, 2}}};
  EXPECT_NEAR(*one(MeasureKind::kNoise, {noise}).value, std::sqrt(800), 1e-9);
  EXPECT_NEAR(*one(MeasureKind::kNoise, {noise}, band(51, 151)).value, 20, 1e-9);
  EXPECT_EQ(*one(MeasureKind::kSpotNoise, {noise}, at(60)).value, 2);
  EXPECT_THAT(one(MeasureKind::kNoise, {noise}, band({}, 1e3)).reason, HasSubstr("not cover"));
}

TEST(Measures, ReadTwoOperatingPointsOfASweep) {
  // The offset is -3 mV and moves by 2 uV for 10 mV of common mode: 74 dB.
  const Waveform dc{
      "dc", "v-sweep", {0.90, 0.91}, {"v(p)", "v(m)"}, {{0.899, 0.898}, {0.902, 0.901002}}};
  EXPECT_NEAR(*one(MeasureKind::kOffset, {dc}, of("v(p)", "v(m)")).value, -3e-3, 1e-12);
  EXPECT_NEAR(*one(MeasureKind::kOffsetMagnitude, {dc}, of("v(p)", "v(m)")).value, 3e-3, 1e-12);
  const Measure cmrr = one(MeasureKind::kDcRejection, {dc}, of("v(p)", "v(m)"));
  EXPECT_NEAR(*cmrr.value, 20 * std::log10(5000), 1e-6);
  EXPECT_EQ(cmrr.unit, "dB");
  EXPECT_THAT(one(MeasureKind::kDcRejection, {dc}, of("v(p)", "v(p)")).reason,
              HasSubstr("does not move"));
  EXPECT_THAT(one(MeasureKind::kDcRejection, {dc}, of("v(p)", "v(x)")).reason, HasSubstr("v(x)"));
  const Waveform op{"op", "", {0}, {"v(p)", "v(m)"}, {{0.5}, {0.25}}};
  EXPECT_EQ(*one(MeasureKind::kOffset, {dc, op}, of("v(p)", "v(m)")).value, 0.25) << ".op first";
  EXPECT_THAT(one(MeasureKind::kDcRejection, {op}, of("v(p)", "v(m)")).reason,
              HasSubstr("no .dc analysis"));
}

TEST(Measures, SurviveValuesThatAreNoNumbers) {
  Waveform ac = response(0, {1e6}, 1e3, 1e6);
  const Measure zero = one(MeasureKind::kGain, {ac});
  EXPECT_FALSE(zero.value);
  EXPECT_THAT(zero.reason, HasSubstr("not finite"));
  ac.x.clear();
  ac.y[0].clear();
  EXPECT_FALSE(one(MeasureKind::kGain, {ac}).value);
}

TEST(Measures, TravelAsJson) {
  const Json json = to_json({{"gain", "dB", 60.0, ""}, {"bandwidth", "Hz", {}, "Never."}});
  EXPECT_EQ(json["gain"]["value"], 60.0);
  EXPECT_EQ(json["gain"]["unit"], "dB");
  EXPECT_EQ(json["bandwidth"]["reason"], "Never.");
  EXPECT_FALSE(json["bandwidth"].contains("value"));
}

TEST(MeasureFile, IsRead) {
  const auto specs = read_measures(
      "measures:\n"
      "  - {name: gain, kind: gain, at_hz: 1.0e+3}\n"
      "  - {name: cmrr, kind: rejection, testbench: ol.spice, output: v(a), reference: v(b)}\n",
      "measures.yaml");
  ASSERT_TRUE(specs) << specs.error().text();
  const std::vector<MeasureSpec>& measures = specs.value().measures;
  ASSERT_EQ(measures.size(), 2u);
  EXPECT_EQ(measures[0].at_hz, 1e3);
  EXPECT_EQ(measures[1].kind, MeasureKind::kRejection);
  EXPECT_EQ(measures[1].testbench, "ol.spice");
  EXPECT_TRUE(specs.value().specs.empty());
}

TEST(MeasureFile, SpecsAreRead) {
  const std::string measures =
      "measures:\n"
      "  - {name: gain, kind: gain}\n"
      "  - {name: bandwidth, kind: bandwidth}\n";
  const auto file =
      read_measures(measures + "specs:\n  - gain >= 40 dB\n  - \"bandwidth>=10MHz\"\n", "m.yaml");
  ASSERT_TRUE(file) << file.error().text();
  ASSERT_EQ(file.value().specs.size(), 2u);
  EXPECT_EQ(file.value().specs[0].text, "gain >= 40 dB");
  EXPECT_EQ(file.value().specs[1].text, "bandwidth >= 1e+07 Hz");
  for (const char* specs :
       {"specs: gain", "specs: [[]]", "specs: [gain > 4]", "specs: [cmrr >= 4]"}) {
    const auto wrong = read_measures(measures + specs + "\n", "m.yaml");
    ASSERT_FALSE(wrong) << specs;
    EXPECT_THAT(wrong.error().where, HasSubstr("m.yaml:4"));
  }
}

std::vector<MeasureSpec> three() {
  std::vector<MeasureSpec> measures(3);
  measures[0].name = "gain";
  measures[1].name = "ugf";
  measures[1].kind = MeasureKind::kUnityGainFrequency;
  measures[2].name = "offset";
  measures[2].kind = MeasureKind::kOffsetMagnitude;
  return measures;
}

TEST(Specs, AreReadInOneForm) {
  const auto text = [](const char* given) {
    const auto spec = parse_spec(given, three());
    return spec ? spec.value().text : spec.error().text();
  };
  EXPECT_EQ(text("gain >= 40"), "gain >= 40 dB");
  EXPECT_EQ(text(" gain>=+40dB "), "gain >= 40 dB");
  EXPECT_EQ(text("gain <= -3.5 dB"), "gain <= -3.5 dB");
  EXPECT_EQ(text("ugf >= 10 MHz"), "ugf >= 1e+07 Hz");
  EXPECT_EQ(text("ugf >= 10M"), "ugf >= 1e+07 Hz");
  EXPECT_EQ(text("offset <= 1 mV"), "offset <= 0.001 V");
  EXPECT_EQ(text("offset <= 20\u00b5V"), "offset <= 2e-05 V");
  EXPECT_EQ(text("offset <= 2e-5 V"), "offset <= 2e-05 V");
}

TEST(Specs, WhatIsNoneSaysWhatThereIs) {
  for (const auto& [given, says] : {std::pair{"gain", "This is no spec"},
                                    {"", "This is no spec"},
                                    {"gain > 3", "This is no spec"},
                                    {"gain => 3", "no spec"},
                                    {">= 3", "There are: gain, ugf, offset"},
                                    {"noise >= 3", "There is no measure \"noise\""},
                                    {"gain >= much", "is no value"},
                                    {"gain >= inf", "is no value"},
                                    {"gain >=", "is no value"},
                                    {"gain >= 3 kdB", "Its unit is dB"},
                                    {"ugf >= 3 V", "Its unit is Hz"},
                                    {"ugf >= 3 xHz", "Its unit is Hz"},
                                    {"offset <= 3 V V", "Its unit is V"}}) {
    const auto spec = parse_spec(given, three());
    ASSERT_FALSE(spec) << given;
    EXPECT_THAT(spec.error().text(), HasSubstr(says)) << given;
  }
  EXPECT_FALSE(parse_spec("gain >= " + std::string(300, '1'), three()));
}

TEST(Specs, AMeasureThatIsNotThereMeetsNone) {
  const std::vector<Spec> specs{
      parse_spec("gain >= 40", three()).value(), parse_spec("gain <= 60", three()).value(),
      parse_spec("ugf >= 1", three()).value(), parse_spec("offset <= 1", three()).value()};
  const auto verdicts = judge(specs, {{"gain", "dB", 40.0, ""}, {"ugf", "Hz", {}, "Never."}});
  EXPECT_TRUE(verdicts[0].met) << "the limit itself is enough";
  EXPECT_TRUE(verdicts[1].met);
  EXPECT_FALSE(verdicts[2].met);
  EXPECT_FALSE(verdicts[3].met);
  const Json json = to_json(specs, verdicts);
  EXPECT_EQ(json[0], (Json{{"spec", "gain >= 40 dB"}, {"met", true}, {"value", 40.0}}));
  EXPECT_EQ(json[2], (Json{{"spec", "ugf >= 1 Hz"}, {"met", false}, {"reason", "Never."}}));
  EXPECT_EQ(json[3]["reason"], "It was not measured.");
}

TEST(MeasureFile, NamesLineFieldAndRemedy) {
  struct Case {
    const char* line;
    const char* says;
  };
  for (const Case& c :
       {Case{"  - {name: Gain, kind: gain}", "no name of a measure"},
        {"  - {name: gain, kind: gian}", "gian"},
        {"  - {name: gain}", "kind"},
        {"  - {name: o, kind: offset, output: v(a)}", "reference"},
        {"  - {name: o, kind: offset_magnitude, output: v(a)}", "reference"},
        {"  - {name: o, kind: dc_rejection, reference: v(a)}", "output"},
        {"  - {name: i, kind: supply_current}", "output"},
        {"  - {name: g, kind: gain, testbench: ../x}", "beside the measures"},
        {"  - {name: g, kind: gain, output: \"v(a) ; rm\"}", "names no net or source"},
        {"  - {name: g, kind: gain, at_hz: -1}", "at_hz"},
        {"  - {name: g, kind: noise, from_hz: 9, to_hz: 3}", "ends before"},
        {"  - {name: g, kind: gain, colour: red}", "colour"},
        {"  - {name: g, kind: gain}\n  - {name: g, kind: gain}", "two measures"},
        {"  - 7", "measure 1"}}) {
    const auto specs = read_measures(std::string("measures:\n") + c.line + "\n", "m.yaml");
    ASSERT_FALSE(specs) << c.line;
    EXPECT_THAT(specs.error().text(), HasSubstr(c.says));
    EXPECT_THAT(specs.error().where, HasSubstr("m.yaml:"));
  }
  EXPECT_FALSE(read_measures("measures: 3", "m.yaml"));
  EXPECT_FALSE(read_measures("[", "m.yaml"));
  EXPECT_FALSE(read_measures(std::string(100'000, ' '), "m.yaml"));
}

}  // namespace
}  // namespace ptah
