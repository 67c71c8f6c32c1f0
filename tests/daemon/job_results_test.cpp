// What jobs leave: variants, the best of them, versions of the library, outputs.
#include "job_fixture.hpp"

namespace ptah::test {
namespace {

TEST_F(Jobs, TheBestLayoutIsTheFirstOfLeastCostInWhateverOrderTheyCome) {
  ASSERT_TRUE(daemon.start());
  // The slow chain 0 has the equal of what chain 1 has brought long before.
  const Json slow = chain("a", 2, {{"costs", {5, 2, nullptr}}, {"ms", 150}});
  const Json quick = chain("b", 3, {{"costs", {nullptr, 7, 2, 2}}, {"ms", 1}});
  const Json expected{{"chain", 0}, {"variant", 1}, {"cost", 2.0}};
  {
    Client client = daemon.client();
    client.result("flow.run", run("ranked", {slow, quick}));
    const Json job = wait_for(client, "ranked");
    EXPECT_EQ(job["best"], expected) << job;
    EXPECT_EQ(job["result"]["best"], expected) << job;
    Json said;
    const Json events = client.result("job.events", {{"job", "ranked"}})["events"];
    for (const Json& event : events) {
      const Json& params = event["params"];
      if (event["method"] == "variant.ready" && params.value("best", false))
        said.push_back({params["chain"], params["variant"]});
    }
    ASSERT_FALSE(said.empty());
    EXPECT_EQ(said.back(), Json({0, 1})) << said << ": who follows the events ends with it";
    client.result("flow.run", run("unscored", {chain("c", 1)}));
    EXPECT_FALSE(wait_for(client, "unscored").contains("best"));
  }
  daemon.terminate();
  ASSERT_TRUE(daemon.start());
  Client client = daemon.client();
  EXPECT_EQ(client.result("job.get", {{"job", "ranked"}})["best"], expected);
  const Json list = client.result("variant.list", {{"job", "ranked"}});
  ASSERT_EQ(list["variants"].size(), 7u);
  for (const Json& variant : list["variants"]) {
    const bool best = variant["chain"] == 0 && variant["variant"] == 1;
    EXPECT_EQ(variant.value("best", false), best) << variant;
  }
}

TEST_F(Jobs, VariantIsOnDiskWhenItIsAnnounced) {
  ASSERT_TRUE(daemon.start());
  Client client = daemon.client();
  Json request = run("j", {chain("a", 10)});
  request["out"] = daemon.out().string();
  client.result("flow.run", request);
  client.result("job.subscribe", {{"job", "j"}});
  int ready = 0;
  for (;;) {
    const Json event = client.notification();
    ASSERT_TRUE(event.is_object());
    if (event["method"] == "job.finished") break;
    if (event["method"] != "variant.ready") continue;
    ++ready;
    for (const Json& file : event["params"]["files"]) {
      const std::string text = text_of(file["path"].get<std::string>());
      EXPECT_EQ(static_cast<std::int64_t>(text.size()), file["size"].get<std::int64_t>());
      EXPECT_EQ(client.result("store.get", {{"hash", file["hash"]}})["path"], file["path"]);
      if (file.contains("dataset")) {
        EXPECT_EQ(text_of(daemon.out() / file["dataset"].get<std::string>()), text);
      }
    }
  }
  EXPECT_EQ(ready, 11);
}

TEST_F(Jobs, LibraryHoldsAVersionAVariant) {
  ASSERT_TRUE(daemon.start());
  Client client = daemon.client();
  for (const char* job : {"one", "two"}) {
    Json request = run(job, {chain(job, 2)});
    request["library"] = "mine";
    client.result("flow.run", request);
    wait_for(client, job);
  }
  const Json cells = client.result("library.cells", {{"library", "mine"}})["cells"];
  ASSERT_EQ(cells.size(), 1u);
  EXPECT_EQ(cells[0]["cell"], "fake");
  const Json views = client.result("library.views", {{"library", "mine"}})["views"];
  ASSERT_EQ(views.size(), 2u);
  EXPECT_EQ(views[0]["view"], "layout");
  EXPECT_EQ(views[0]["versions"], 6);
  EXPECT_EQ(views[1]["view"], "netlist");
  EXPECT_EQ(views[1]["versions"], 1);  // The same text twice is one version.
  const Json versions =
      client.result("library.versions", {{"library", "mine"}, {"view", "layout"}})["versions"];
  ASSERT_EQ(versions.size(), 6u);
  EXPECT_EQ(versions[0]["version"], 6);
  EXPECT_EQ(versions[0]["job"], "two");
  EXPECT_TRUE(client.result("library.cells")["cells"].empty());
}

TEST_F(Jobs, PagesOfTheLibraryHaveEveryRowOnce) {
  ASSERT_TRUE(daemon.start());
  Client client = daemon.client();
  for (const char* circuit : {"amp", "bias", "comparator"}) {
    Json request{
        {"job", circuit},
        {"spec", acting({{"circuit", circuit}, {"chains", Json::array({chain(circuit, 2)})}})}};
    client.result("flow.run", request);
    wait_for(client, circuit);
  }
  for (const char* list : {"cells", "views", "versions"}) {
    const std::string method = std::string("library.") + list;
    for (const Json& filter : {Json::object(), Json{{"cell", "bias"}}, Json{{"view", "layout"}}}) {
      const Json whole = client.result(method, filter);
      EXPECT_FALSE(whole.contains("next")) << whole;
      for (const int limit : {1, 2, 3}) {
        Json rows = Json::array(), request = filter;
        request["limit"] = limit;
        for (;;) {
          const Json page = client.result(method, request);
          EXPECT_LE(page[list].size(), static_cast<std::size_t>(limit));
          for (const Json& row : page[list]) rows.push_back(row);
          if (!page.contains("next")) break;
          ASSERT_FALSE(page[list].empty());
          request["after"] = page["next"];
        }
        EXPECT_EQ(rows, whole[list]) << method << " " << filter << " by " << limit;
      }
    }
  }
  EXPECT_EQ(client.result("library.cells")["cells"].size(), 3u);
  EXPECT_EQ(client.result("library.versions")["versions"].size(), 12u);
}

TEST_F(Jobs, DeleteForgetsTheJobAndItsFiles) {
  ASSERT_TRUE(daemon.start());
  Client client = daemon.client();
  client.result("flow.run", run("a", {chain("a", 2)}));
  client.result("flow.run", run("b", {chain("a", 3)}));  // Shares files with the other.
  client.result("flow.run", run("busy", {chain("x", 1000, {{"ms", 50}})}));
  wait_for(client, "a");
  wait_for(client, "b");
  EXPECT_EQ(client.call("job.delete", {{"job", "busy"}})["error"]["data"]["code"], "conflict");
  const Json kept =
      client.result("variant.get", {{"job", "a"}, {"chain", 0}, {"variant", 1}})["files"][0];
  const Json lost =
      client.result("variant.get", {{"job", "b"}, {"chain", 0}, {"variant", 3}})["files"][0];
  client.result("job.delete", {{"job", "b"}});
  EXPECT_EQ(client.call("job.get", {{"job", "b"}})["error"]["data"]["code"], "not_found");
  EXPECT_EQ(client.call("store.get", {{"hash", lost["hash"]}})["error"]["data"]["code"],
            "not_found");
  EXPECT_EQ(client.result("store.get", {{"hash", kept["hash"]}})["size"], kept["size"]);
  client.result("job.cancel", {{"job", "busy"}});
}

TEST_F(Jobs, ExportWritesTheDatasetElsewhere) {
  ASSERT_TRUE(daemon.start());
  Client client = daemon.client();
  client.result("flow.run", run("j", {chain("a", 3)}));
  wait_for(client, "j");
  const Json first =
      client.result("variant.export", {{"job", "j"}, {"out", (daemon.root() / "copy").string()}});
  EXPECT_EQ(first["files"], 5);
  EXPECT_EQ(first["written"], 5);
  fs::remove(daemon.root() / "copy/data/fake/layouts/a/v1.gds");
  std::ofstream(daemon.root() / "copy/data/fake/layouts/a/v2.gds") << "changed";
  const Json second =
      client.result("variant.export", {{"job", "j"}, {"out", (daemon.root() / "copy").string()}});
  EXPECT_EQ(second["written"], 1);
  EXPECT_EQ(second["kept"], 1);
  EXPECT_EQ(text_of(daemon.root() / "copy/data/fake/layouts/a/v2.gds"), "changed");
}

TEST_F(Jobs, OutputNeverLeavesItsFolderThroughALink) {
  ASSERT_TRUE(daemon.start());
  Client client = daemon.client();
  fs::create_directories(daemon.out());
  fs::create_directories(daemon.root() / "elsewhere");
  fs::create_directory_symlink(daemon.root() / "elsewhere", daemon.out() / "data");
  Json request = run("j", {chain("a", 1)});
  request["out"] = daemon.out().string();
  client.result("flow.run", request);
  EXPECT_EQ(wait_for(client, "j")["state"], "failed");
  EXPECT_TRUE(fs::is_empty(daemon.root() / "elsewhere"));
}

}  // namespace
}  // namespace ptah::test
