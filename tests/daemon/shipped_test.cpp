// Models that come with Ptah: there at the first start, once, and never in the way of a user's own.
#include <algorithm>

#include "daemon_fixture.hpp"
#include "ptah/core/sha256.hpp"

namespace ptah::test {
namespace {

class ShippedModels : public DaemonTest {
 protected:
  fs::path shipped() const { return daemon.root() / "shipped"; }
  void write(const std::string& name, const std::string& text) {
    const fs::path file = shipped() / "models" / name;
    fs::create_directories(file.parent_path());
    std::ofstream(file, std::ios::binary) << text;
  }
  void ship(const std::string& name, const std::string& weights, const Json& more = {}) {
    Json record{{"predictor", "linear"},
                {"label", "hpwl"},
                {"metrics", {{"rmse", 0.5}}},
                {"seed", 7},
                {"files", {{"weights.bin", sha256_hex(weights)}}}};
    if (more.is_object()) record.update(more);
    write(name + "/weights.bin", weights);
    write(name + "/model.json", record.dump());
  }
  Client start() {
    EXPECT_TRUE(daemon.start({{"--shipped-data", shipped().string()}}));
    return daemon.client();
  }
  /// "name@version" with a '*' where the name means it, in the order of the list.
  std::vector<std::string> models(Client& client) {
    std::vector<std::string> found;
    const Json list = client.result("model.list");
    for (const Json& model : list["models"]) {
      found.push_back(model["name"].get<std::string>() + "@" + model["version"].dump() +
                      (model["used"] == true ? "*" : "") +
                      (model["shipped"] == true ? "" : " own"));
    }
    return found;
  }
  std::vector<std::string> problems(Client& client) {
    client.result("model.list");
    return client.result("server.status")["shipped_problems"];
  }
  static void put(Client& client, const std::string& name, const fs::path& file) {
    client.result("model.put", {{"name", name},
                                {"predictor", "linear"},
                                {"files", {{{"name", "w"}, {"path", file.string()}}}}});
  }
  using Names = std::vector<std::string>;
};

TEST_F(ShippedModels, AreThereForTheFirstWhoAsksAndOnlyOnce) {
  ship("b", "weights of b");
  ship("a", "weights of a");
  {
    Client client = start();
    EXPECT_EQ(models(client), (Names{"a@1*", "b@1*"}));
    const Json model = client.result("model.get", {{"model", "a@candidate"}});
    EXPECT_EQ(model["record"]["label"], "hpwl");
    EXPECT_EQ(model["record"]["seed"], 7);
    EXPECT_EQ(model["record"]["files"]["weights.bin"], sha256_hex("weights of a"));
    EXPECT_EQ(model["aliases"], (Json{"champion", "candidate"}));
    ASSERT_EQ(model["files"].size(), 1u);
    std::stringstream bytes;
    bytes << std::ifstream(model["files"][0]["path"].get<std::string>()).rdbuf();
    EXPECT_EQ(bytes.str(), "weights of a");
    EXPECT_TRUE(client.result("job.list")["jobs"].empty()) << "nobody asked for them";
    EXPECT_TRUE(problems(client).empty());
  }
  EXPECT_EQ(daemon.terminate(), 0);
  Client client = start();
  EXPECT_EQ(models(client), (Names{"a@1*", "b@1*"}));
  EXPECT_EQ(client.result("flow.run", {{"spec", acting({{"chains", Json::array()}})}})["job"],
            "run-1");
}

TEST_F(ShippedModels, ThatWereDeletedStayAwayAndChangedOnesAreAVersionMore) {
  ship("a", "one");
  ship("b", "one");
  {
    Client client = start();
    client.result("model.delete", {{"model", "a@1"}});
    EXPECT_EQ(models(client), Names{"b@1*"});
  }
  daemon.kill();
  {
    Client client = start();
    EXPECT_EQ(models(client), Names{"b@1*"});
  }
  daemon.kill();
  ship("b", "two");
  {
    Client client = start();
    EXPECT_EQ(models(client), (Names{"b@2*", "b@1"}));
  }
  daemon.kill();
  ship("b", "one");
  Client client = start();
  EXPECT_EQ(models(client), (Names{"b@2*", "b@1"})) << "an older Ptah brings what is there";
}

TEST_F(ShippedModels, LeaveAUsersOwnInUse) {
  ship("a", "one");
  {
    Client client = start();
    put(client, "a", shipped() / "models/a/weights.bin");
    EXPECT_EQ(models(client), (Names{"a@2* own", "a@1"}));
  }
  daemon.kill();
  ship("a", "two");
  Client client = start();
  EXPECT_EQ(models(client), (Names{"a@3", "a@2* own", "a@1"}));
  client.result("model.use", {{"model", "a@candidate"}});
  EXPECT_EQ(models(client), (Names{"a@3*", "a@2 own", "a@1"}));
}

TEST_F(ShippedModels, DamagedAndHostileOnesAreToldAndStopNothing) {
  ship("good", "weights");
  ship("short", "weights", {{"files", {{"weights.bin", sha256_hex("weights and more")}}}});
  ship("out", "weights", {{"files", {{"../good/weights.bin", sha256_hex("weights")}}}});
  ship("lacks", "weights", {{"files", {{"other.bin", sha256_hex("weights")}}}});
  ship("none", "weights", {{"files", Json::object()}});
  ship("type", "weights", {{"label", Json::array()}});
  ship("-rf", "weights");
  write("text/model.json", "{\"predictor\": ");
  write("big/model.json", std::string(1 << 20, ' '));
  fs::create_directories(shipped() / "models/empty");
  ship("link", "weights");
  fs::remove(shipped() / "models/link/weights.bin");
  fs::create_symlink("/etc/passwd", shipped() / "models/link/weights.bin");
  {
    Client client = start();
    EXPECT_EQ(models(client), Names{"good@1*"});
    const auto told = problems(client);
    EXPECT_EQ(told.size(), 10u);
    for (const char* name :
         {"short", "out", "lacks", "none", "type", "-rf", "text", "big", "empty", "link"}) {
      const std::string begin = std::string("Model \"") + name + "\"";
      EXPECT_TRUE(std::any_of(told.begin(), told.end(),
                              [&](const std::string& text) { return text.starts_with(begin); }))
          << name << "\n"
          << Json(told).dump(1);
      EXPECT_NE(daemon.log().find(begin), std::string::npos);
    }
  }
  EXPECT_EQ(daemon.terminate(), 0);
  // Mended, it comes.
  ship("short", "weights");
  Client client = start();
  EXPECT_EQ(models(client), (Names{"good@1*", "short@1*"}));
}

}  // namespace
}  // namespace ptah::test
