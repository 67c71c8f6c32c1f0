// Where requests name files: by a path of this machine, or by the hash of a file of the store.
#include "rpc/file_fields.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "nobody.hpp"

namespace ptah::rpc {
namespace {

const std::string kHash(64, 'a');
const std::string kStored = "sha256:" + kHash;

/// The answers that a client got.
class Listener final : public Caller {
 public:
  void send(std::string line) override { answer = Json::parse(line); }
  bool connected() const noexcept override { return true; }
  std::size_t backlog() const noexcept override { return 0; }
  void when_drained(std::function<void()> resume) override { resume(); }
  Json answer;
};

class FileFieldsTest : public testing::Test {
 protected:
  FileFieldsTest() : table_(bind_methods(nobody_)) {
    table_.find_stored_with([](const std::string& hash) {
      return hash == kHash ? std::optional<std::string>("/store/" + hash) : std::nullopt;
    });
    caller_->set_role(Role::kAdmin);
  }
  /// `error.data` of the answer.
  Json error(const std::string& method, const Json& params, bool remote) {
    caller_->set_remote(remote);
    const Json request{{"jsonrpc", "2.0"}, {"id", 1}, {"method", method}, {"params", params}};
    table_.dispatch(caller_, request.dump());
    return caller_->answer["error"]["data"];
  }

  Nobody nobody_;
  MethodTable table_;
  std::shared_ptr<Listener> caller_ = std::make_shared<Listener>();
};

/// Parameters of every method with a field that names a file, with that field at `field`.
struct Naming {
  const char* method;
  const char* field;  ///< As the reference calls it.
  Json params;        ///< Without it.
};

const std::vector<Naming>& namings() {
  static const std::vector<Naming> kAll = [] {
    std::vector<Naming> all;
    const Json circuit{{"circuit", "ota"}};
    const auto add_circuit = [&](const char* method, const Json& params, const std::string& under) {
      const auto at = Json::json_pointer(under);
      for (const char* field : {"netlist", "pairs", "testbench", "measures", "tech", "flow"}) {
        Json whole = params;
        if (std::string_view(field) != "netlist") whole[at]["circuit"] = "ota";
        static std::set<std::string> names;
        const std::string name = under.empty() ? std::string(field) : under.substr(1) + "." + field;
        all.push_back({method, names.insert(name).first->c_str(), whole});
      }
    };
    const Json spec{{"spec", Json::object()}};
    const Json check{{"spec", {{"gds", kStored}}}};
    const Json layout{{"layout", {{"hash", kHash}}}};
    add_circuit("flow.run", spec, "/spec");
    add_circuit("flow.plan", spec, "/spec");
    add_circuit("flow.check", check, "/spec");
    add_circuit("score.layout", layout, "");
    add_circuit("dataset.make", {{"spec", {{"name", "d"}, {"count", 1}}}}, "/spec");
    add_circuit("score.placement", {{"placement", Json::array()}}, "");
    all.push_back({"flow.run", "out", {{"spec", circuit}}});
    all.push_back({"server.backup", "folder", Json::object()});
    all.push_back({"flow.check", "out", check});
    all.push_back({"flow.check", "spec.gds", spec});
    all.push_back({"flow.render", "spec.gds", spec});
    all.push_back({"flow.render", "spec.tech", check});
    all.push_back({"flow.render", "out", check});
    Json pathless = circuit;
    pathless["layout"] = Json::object();
    all.push_back({"score.layout", "layout.path", pathless});
    Json drawn = circuit;
    drawn.update({{"placement", Json::array()}, {"wires_of", Json::object()}});
    all.push_back({"score.placement", "wires_of.path", drawn});
    all.push_back({"variant.export", "out", {{"job", "a"}}});
    all.push_back(
        {"flow.train", "spec.flow", {{"spec", {{"model", "m"}, {"jobs", Json::array({"a"})}}}}});
    all.push_back({"dataset.export", "out", {{"dataset", "d"}}});
    all.push_back({"dataset.render", "out", {{"dataset", "d"}}});
    all.push_back({"dataset.import", "spec.file", {{"spec", {{"name", "d"}}}}});
    all.push_back(
        {"model.put",
         "files[].path",
         {{"name", "m"}, {"predictor", "p"}, {"files", Json::array({Json{{"name", "f"}}})}}});
    return all;
  }();
  return kAll;
}

/// Where an error of the field is.
std::string place(const Naming& naming) {
  std::string field = naming.field;
  if (const auto at = field.find("[]"); at != std::string::npos) field.insert(at + 1, "0");
  return field;
}

Json with(const Naming& naming, const std::string& text) {
  std::string pointer = "/" + std::string(naming.field);
  if (const auto at = pointer.find("[]"); at != std::string::npos) pointer.replace(at, 2, "/0");
  std::replace(pointer.begin(), pointer.end(), '.', '/');
  Json params = naming.params;
  params[Json::json_pointer(pointer)] = text;
  return params;
}

TEST_F(FileFieldsTest, TheCasesHereAreAllFieldsThatNameFiles) {
  std::set<std::string> listed, documented;
  for (const Naming& naming : namings())
    listed.insert(std::string(naming.method) + " " + naming.field);
  for (const MethodDoc& method : table_.documentation()) {
    for (const FieldDoc& field : method.params) {
      if (field.form == TextForm::kFile || field.form == TextForm::kNameOrFile ||
          field.form == TextForm::kFolder)
        documented.insert(method.name + " " + field.name);
    }
  }
  EXPECT_EQ(listed, documented);
}

TEST_F(FileFieldsTest, NoPathOfARemoteClientGetsThroughWhateverFieldItIsIn) {
  for (const Naming& naming : namings()) {
    const std::string path = naming.field == std::string_view("spec.flow") ? "/a/b.yaml" : "/a/b";
    const Json refused = error(naming.method, with(naming, path), true);
    EXPECT_EQ(refused["code"], "denied") << naming.method << " " << naming.field << refused;
    EXPECT_EQ(refused["where"], place(naming)) << naming.method;
    EXPECT_NE(refused["hint"].get<std::string>().find("store."), std::string::npos);
    // The same from the Unix socket reaches the service, which lets it go here.
    EXPECT_EQ(error(naming.method, with(naming, path), false)["code"], "internal")
        << naming.method << " " << naming.field;
  }
}

TEST_F(FileFieldsTest, AFileOfTheStoreIsNamedByItsHashWhereverAFileIs) {
  for (const Naming& naming : namings()) {
    // What is written to is never a file of the store.
    if (std::string_view(naming.field) == "out" || std::string_view(naming.field) == "folder")
      continue;
    for (const bool remote : {false, true}) {
      EXPECT_EQ(error(naming.method, with(naming, kStored), remote)["code"], "internal")
          << naming.method << " " << naming.field;
    }
    const std::string other = "sha256:" + std::string(64, 'b');
    const Json unknown = error(naming.method, with(naming, other), true);
    EXPECT_EQ(unknown["code"], "not_found") << naming.method << " " << naming.field << unknown;
    EXPECT_EQ(unknown["where"], place(naming));
    const Json wrong = error(naming.method, with(naming, "sha256:abc"), true);
    EXPECT_EQ(wrong["code"], "invalid_argument") << naming.method << " " << naming.field;
    EXPECT_EQ(wrong["where"], place(naming));
  }
}

TEST_F(FileFieldsTest, TheServiceGetsThePathOfAStoredFileAndTheJobItsName) {
  const auto read = read_struct<RunParams>({{"spec", {{"netlist", kStored}, {"flow", kStored}}}});
  ASSERT_TRUE(read.has_value()) << read.error().text();
  RunParams params = read.value();
  ASSERT_TRUE(find_stored_files(params, [](const std::string& hash) {
    return std::optional<std::string>("/store/" + hash);
  }));
  EXPECT_EQ(params.spec.value.netlist, "/store/" + kHash);
  EXPECT_EQ(params.spec.value.flow, "/store/" + kHash);
  EXPECT_EQ(params.spec.value.tech, "ptah130");
  EXPECT_EQ(params.spec.json["netlist"], kStored);
}

}  // namespace
}  // namespace ptah::rpc
