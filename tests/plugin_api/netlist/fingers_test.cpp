#include "ptah/netlist/fingers.hpp"

#include <set>

#include "netlist_test.hpp"

namespace ptah::test {
namespace {

/// M1=M2 matched, M3 free, M4 fixed.
Circuit sample_circuit(const std::string& more = "") {
  Circuit circuit = read_ok(one("M1 a b c d nfet w=1u l=1u nf=ZZZ\n"
                                "M2 a b c d nfet w=2u l=1u nf=ZZZ\n"
                                "M3 a b c d nfet w=1u l=1u nf=ZZZ\n"
                                "M4 a b c d nfet w=1u l=1u nf=3\n"
                                "C1 a b cap_mim w=5u l=5u" +
                                more))
                        .circuit;
  EXPECT_TRUE(read_pairs(R"({"pairs": [["M1", "M2"]]})", "p", circuit).has_value());
  return circuit;
}

FingerSpace space(const std::vector<int>& allowed = {2, 4, 6}) {
  auto created = FingerSpace::create(sample_circuit(), allowed);
  EXPECT_TRUE(created.has_value());
  return std::move(created.value());
}

TEST(FingerSpace, GroupsAreMatchedGroupsAndSingleFreeDevices) {
  EXPECT_THAT(space().groups(), ElementsAre(ElementsAre(0, 1), ElementsAre(2)));
  EXPECT_EQ(space().count(), 9);
}

TEST(FingerSpace, FirstGroupVariesFastestAndMatchedDevicesAgree) {
  const FingerSpace s = space();
  EXPECT_EQ(to_string(s.at(0)), "M1=2,M2=2,M3=2");
  EXPECT_EQ(to_string(s.at(1)), "M1=4,M2=4,M3=2");
  EXPECT_EQ(to_string(s.at(3)), "M1=2,M2=2,M3=4");
  EXPECT_EQ(to_string(s.at(8)), "M1=6,M2=6,M3=6");
  EXPECT_THROW(s.at(9), std::out_of_range);
  EXPECT_THROW(s.at(-1), std::out_of_range);
}

TEST(FingerSpace, IndexIsTheInverseOfAt) {
  const FingerSpace s = space();
  for (std::int64_t i = 0; i < s.count(); ++i) EXPECT_EQ(s.index_of(s.at(i)).value(), i);
  // One member stands for its group, and case does not matter.
  EXPECT_EQ(s.index_of({{"m2", 4}, {"m3", 2}}).value(), 1);
}

TEST(FingerSpace, WrongAssignmentsAreRefusedWithDeviceAndAllowedValues) {
  const FingerSpace s = space();
  const auto error = [&](const FingerAssignment& a) { return s.index_of(a).error(); };
  EXPECT_THAT(error({{"M1", 2}, {"M2", 4}, {"M3", 2}}).message,
              AllOf(HasSubstr("M1=2"), HasSubstr("M2=4")));
  EXPECT_THAT(error({{"M1", 3}, {"M3", 2}}).hint, HasSubstr("2, 4, 6"));
  EXPECT_THAT(error({{"M1", 2}}).message, HasSubstr("count of M3 is missing"));
  EXPECT_THAT(error({{"M9", 2}}).message, HasSubstr("\"M9\""));
  EXPECT_THAT(error({{"M4", 2}}).message, HasSubstr("fixes it"));
  EXPECT_THAT(error({{"C1", 2}}).message, HasSubstr("fixes it"));
}

TEST(FingerSpace, OutlivesItsCircuit) {
  auto circuit = std::make_unique<Circuit>(sample_circuit());
  auto created = FingerSpace::create(*circuit, {2, 4});
  circuit.reset();
  EXPECT_EQ(to_string(created.value().at(3)), "M1=4,M2=4,M3=4");
}

TEST(FingerSpace, AllowedCountsAreChecked) {
  for (const std::vector<int>& allowed :
       {std::vector<int>{}, {0, 2}, {2, 65}, {4, 2}, {2, 2}, {-1}}) {
    EXPECT_FALSE(FingerSpace::create(sample_circuit(), allowed).has_value());
  }
}

TEST(FingerSpace, GroupsThatCannotMatchAreRefused) {
  Circuit circuit = read_ok(one("M1 a b c d nfet w=1u l=1u nf=ZZZ\n"
                                "M2 a b c d pfet w=1u l=1u nf=ZZZ\n"
                                "M3 a b c d nfet w=1u l=2u nf=ZZZ\n"
                                "M4 a b c d nfet_lvt w=1u l=1u nf=ZZZ\n"
                                "M5 a b c d nfet w=1u l=1u nf=4"))
                        .circuit;
  const auto message = [&](DeviceId other) {
    circuit.matched = {{0, other}};
    return FingerSpace::create(circuit, {2, 4}).error().message;
  };
  EXPECT_THAT(message(1), HasSubstr("kind"));
  EXPECT_THAT(message(2), HasSubstr("length"));
  EXPECT_THAT(message(3), HasSubstr("model"));
  EXPECT_THAT(message(4), AllOf(HasSubstr("M1 (free)"), HasSubstr("M5 (nf=4)")));
}

TEST(FingerSpace, CountSaturates) {
  std::string more;
  for (int i = 5; i < 45; ++i) {
    more += "\nM" + std::to_string(i) + " a b c d nfet w=1u l=1u nf=ZZZ";
  }
  const auto created = FingerSpace::create(sample_circuit(more), {1, 2, 3, 4});
  EXPECT_EQ(created.value().count(), std::numeric_limits<std::int64_t>::max());
  FingerAssignment last = created.value().at(0);
  for (auto& [name, fingers] : last) fingers = 4;
  EXPECT_EQ(created.value().index_of(last).error().code, ErrorCode::kLimit);
  EXPECT_EQ(created.value().sample(5, Rng(1)).size(), 5u);
}

TEST(FingerSpace, SamplesAreDifferentAndRepeatable) {
  const FingerSpace s = space({1, 2, 3, 4, 5, 6, 7, 8});  // 64
  const auto drawn = s.sample(20, Rng(7));
  EXPECT_EQ(drawn, s.sample(20, Rng(7)));
  EXPECT_NE(drawn, s.sample(20, Rng(8)));
  EXPECT_EQ(std::set<std::int64_t>(drawn.begin(), drawn.end()).size(), 20u);
  const auto all = s.sample(1000, Rng(7));
  EXPECT_EQ(std::set<std::int64_t>(all.begin(), all.end()).size(), 64u);
  EXPECT_EQ(*std::max_element(all.begin(), all.end()), 63);
  // A longer draw starts as the shorter one.
  EXPECT_TRUE(std::equal(drawn.begin(), drawn.end(), all.begin()));
  EXPECT_THAT(s.sample(-1, Rng(7)), IsEmpty());
}

TEST(FingerSpace, SamplingIsUniform) {
  const FingerSpace s = space();
  std::vector<int> hits(9, 0);
  for (std::uint64_t seed = 0; seed < 9000; ++seed) {
    ++hits[static_cast<std::size_t>(s.sample(1, Rng(seed)).front())];
  }
  for (const int h : hits) EXPECT_NEAR(h, 1000, 150);  // five standard deviations
}

TEST(FingerSpace, PartsAreFourFifthsAndTheOthers) {
  FingerSpace all = space({2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30, 32});
  FingerSpace train = all, rest = all, other = all;
  train.offer(AssignmentPart::kTrain, 1);
  rest.offer(AssignmentPart::kRest, 1);
  other.offer(AssignmentPart::kRest, 2);
  EXPECT_EQ(all.offered(), 256);
  EXPECT_EQ(train.count(), 256) << "numbers stay";
  EXPECT_EQ(train.offered() + rest.offered(), 256);
  EXPECT_NEAR(static_cast<double>(rest.offered()), 256 / 5.0, 20);
  const auto drawn = [](const FingerSpace& of) {
    const auto indices = of.sample(of.count(), Rng(3));
    EXPECT_EQ(static_cast<std::int64_t>(indices.size()), of.offered());
    for (const std::int64_t index : indices) EXPECT_TRUE(of.offers(of.counts_at(index)));
    return std::set<std::int64_t>(indices.begin(), indices.end());
  };
  const auto a = drawn(train), b = drawn(rest);
  EXPECT_EQ(a.size() + b.size(), 256u);
  for (const std::int64_t index : b) EXPECT_FALSE(a.contains(index));
  EXPECT_NE(drawn(other), b);
}

TEST(WithFingers, FillsFreeCountsAndOnlyThose) {
  const Circuit circuit = sample_circuit();
  const Circuit assigned = with_fingers(circuit, {{"M1", 4}, {"M3", 2}}).value();
  EXPECT_EQ(device(assigned, "M1").fingers, 4);
  EXPECT_EQ(device(assigned, "M2").fingers, 4);  // of the same group
  EXPECT_EQ(device(assigned, "M3").fingers, 2);
  EXPECT_EQ(device(assigned, "M4").fingers, 3);
  EXPECT_EQ(with_fingers(circuit, {{"M1", 4}, {"M2", 2}, {"M3", 2}}).error().code,
            ErrorCode::kInvalidArgument);
  EXPECT_THAT(with_fingers(circuit, {{"M1", 4}}).error().message, HasSubstr("M3 is missing"));
  EXPECT_THAT(with_fingers(circuit, {{"M4", 4}}).error().message, HasSubstr("fixes it"));
  EXPECT_EQ(with_fingers(circuit, {{"Q1", 4}}).error().code, ErrorCode::kNotFound);
  EXPECT_FALSE(with_fingers(circuit, {{"M1", 0}, {"M3", 2}}).has_value());
}

TEST(ParseFingers, RoundTripAndErrors) {
  EXPECT_EQ(to_string(parse_fingers(" M1=2, x1.M0 = 16 ").value()), "M1=2,x1.M0=16");
  EXPECT_TRUE(parse_fingers("").value().empty());
  for (const char* text : {"M1", "M1=", "=2", "M1=two", "M1=2,", "M1=2,,M2=2", "M1=2x", "M1=0",
                           "M1=65", "M1=99999999999", "M1=2,m1=4", "M1=2.5"}) {
    const auto parsed = parse_fingers(text);
    ASSERT_FALSE(parsed.has_value()) << text;
    EXPECT_EQ(parsed.error().code, ErrorCode::kInvalidArgument);
    EXPECT_THAT(parsed.error().hint, HasSubstr("M0=6,M1=2"));
  }
}

}  // namespace
}  // namespace ptah::test
