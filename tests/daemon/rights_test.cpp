// Who may what of which things: roles, owners, libraries, quotas, turns, and the account of it.
#include <grp.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <regex>
#include <thread>

#include "ptah/core/base64.hpp"
#include "ptah/core/sha256.hpp"
#include "store/user_name.hpp"
#include "stored_files.hpp"
#include "team_fixture.hpp"

namespace ptah::test {
namespace {

using rpc::MethodDoc;
using rpc::Role;
using testing::HasSubstr;

bool has_field(const MethodDoc& method, const std::string& name, bool required) {
  return std::any_of(method.params.begin(), method.params.end(), [&](const auto& field) {
    return field.name == name && (field.required || !required);
  });
}

class Rights : public Team {
 protected:
  ptah::Client as(const std::string& name, const std::string& role,
                  const std::vector<std::string>& libraries = {}) {
    auto client = connect(token(name, role, 3600, libraries));
    if (!client) throw std::runtime_error(client.error().text());
    return std::move(client.value());
  }
  /// A job of somebody who sends its files.
  Result<Json> start_job(ptah::Client& client, const std::string& job,
                         const std::vector<Json>& chains, const Json& more = Json::object()) {
    Json params = run(job, chains);
    PTAH_TRY(const std::string file,
             put_file(client, params["spec"]["netlist"].get<std::string>()));
    params["spec"]["netlist"] = file;
    params.update(more);
    return client.call("flow.run", params);
  }
  Result<Json> finish(ptah::Client& client, const std::string& job) {
    return client.call("job.wait", {{"job", job}}, std::chrono::minutes(1));
  }
  Json audit(const Json& params = Json::object()) {
    return daemon.client().result("server.audit", params)["records"];
  }
};

TEST_F(Rights, EveryMethodAsEachRole) {
  ASSERT_TRUE(start());
  auto vic = as("vic", "viewer");
  auto ann = as("ann", "designer");
  auto ada = as("ada", "admin");
  auto stranger = daemon.stranger();
  ASSERT_TRUE(stranger);
  int denied = 0, let_in = 0;
  const auto check = [&](const MethodDoc& method, Role role, const std::string& code) {
    if (role < method.role) {
      EXPECT_EQ(code, "denied") << method.name << " as " << static_cast<int>(role);
      ++denied;
    } else {
      EXPECT_NE(code, "denied") << method.name << " as " << static_cast<int>(role);
      ++let_in;
    }
  };
  for (const MethodDoc& method : documented_methods()) {
    const Json answer = stranger->call(method.name);
    check(method, Role::kStranger,
          answer.contains("error") ? answer["error"]["data"]["code"].get<std::string>() : "");
    for (auto& [role, client] : std::initializer_list<std::pair<Role, ptah::Client&>>{
             {Role::kViewer, vic}, {Role::kUser, ann}, {Role::kAdmin, ada}}) {
      if (method.name == "server.shutdown" && role == Role::kAdmin) continue;
      const auto reply = client.call(method.name);
      check(method, role, reply ? "" : std::string(to_string(reply.error().code)));
    }
  }
  EXPECT_GT(denied, 90);
  EXPECT_GT(let_in, 100);
  // What a viewer may call changes nothing, and says so.
  for (const MethodDoc& method : documented_methods()) {
    if (method.role <= Role::kViewer) EXPECT_FALSE(method.changes) << method.name;
  }
}

TEST_F(Rights, JobsAreTheirOwners) {
  ASSERT_TRUE(start());
  auto ann = as("ann", "designer"), bob = as("bob", "designer"), ada = as("ada", "admin");
  ASSERT_TRUE(start_job(ann, "of-ann", {chain("a", 400, {{"ms", 20}})}));
  EXPECT_EQ(bob.call("job.get", {{"job", "of-ann"}}).value()["owner"], "ann");
  EXPECT_EQ(bob.call("job.list").value()["jobs"][0]["owner"], "ann");
  for (const char* method : {"job.cancel", "job.resume", "job.append", "job.delete"}) {
    const auto tried = bob.call(method, {{"job", "of-ann"}, {"assignments", 1}});
    ASSERT_FALSE(tried) << method;
    EXPECT_EQ(tried.error().code, ErrorCode::kDenied) << method;
    EXPECT_THAT(tried.error().message, HasSubstr("belongs to ann, not to bob")) << method;
    // Of one that is not there nobody is the owner.
    EXPECT_EQ(bob.call(method, {{"job", "none"}}).error().code, ErrorCode::kNotFound) << method;
  }
  EXPECT_EQ(ann.call("job.get", {{"job", "of-ann"}}).value()["state"], "running");
  // Its name is taken, also for the same request.
  EXPECT_EQ(start_job(bob, "of-ann", {chain("a", 400, {{"ms", 20}})}).error().code,
            ErrorCode::kConflict);
  EXPECT_TRUE(start_job(ann, "of-ann", {chain("a", 400, {{"ms", 20}})})) << "a retry";
  EXPECT_TRUE(ann.call("job.cancel", {{"job", "of-ann"}}));
  EXPECT_TRUE(ada.call("job.delete", {{"job", "of-ann"}}));
  // On the socket, it is the user.
  auto client = daemon.client();
  client.result("flow.run", run("mine", {chain("a", 1)}));
  EXPECT_EQ(client.result("job.wait", {{"job", "mine"}})["owner"], own_user_name());
  EXPECT_FALSE(bob.call("job.delete", {{"job", "mine"}}));
  const Json versions = client.result("library.versions");
  EXPECT_GT(versions["versions"].size(), 0u);
  for (const Json& version : versions["versions"]) EXPECT_EQ(version["owner"], own_user_name());
  EXPECT_EQ(bob.server()["principal"], "bob");
}

TEST_F(Rights, OwnersOutliveTheDaemon) {
  ASSERT_TRUE(start());
  {
    auto ann = as("ann", "designer");
    ASSERT_TRUE(start_job(ann, "j", {chain("a", 200, {{"ms", 20}})}));
  }
  daemon.kill();
  ASSERT_TRUE(start_with_files());
  auto bob = as("bob", "designer");
  EXPECT_EQ(bob.call("job.get", {{"job", "j"}}).value()["owner"], "ann");
  EXPECT_EQ(bob.call("job.cancel", {{"job", "j"}}).error().code, ErrorCode::kDenied);
}

TEST_F(Rights, VersionsAreTheirOwners) {
  ASSERT_TRUE(start());
  auto ann = as("ann", "designer"), bob = as("bob", "designer");
  std::ofstream(file("weights")) << "w";
  const auto sent = put_file(ann, file("weights"));
  ASSERT_TRUE(sent);
  const auto put = ann.call(
      "model.put",
      {{"name", "m"}, {"predictor", "p"}, {"files", {{{"name", "w"}, {"path", sent.value()}}}}});
  ASSERT_TRUE(put) << put.error().text();
  EXPECT_EQ(put.value()["owner"], "ann");
  const auto tried = bob.call("model.delete", {{"model", "m@1"}});
  ASSERT_FALSE(tried);
  EXPECT_THAT(tried.error().message, HasSubstr("\"m@1\" belongs to ann, not to bob"));
  EXPECT_TRUE(bob.call("model.get", {{"model", "m"}}));
  EXPECT_TRUE(ann.call("model.delete", {{"model", "m@1"}}));
}

/// A job and a model in library `work`, and somebody who sees only library `osc`.
class OneLibrary : public Rights {
 protected:
  void SetUp() override {
    ASSERT_TRUE(start());
    auto client = daemon.client();
    client.result("flow.run", run("secret", {chain("hidden", 1)}));
    client.result("job.wait", {{"job", "secret"}});
    std::ofstream(file("weights")) << "secret weights";
    client.result("model.put", {{"name", "m"},
                                {"predictor", "p"},
                                {"files", {{{"name", "w"}, {"path", file("weights")}}}}});
    hash = client.result("variant.get",
                         {{"job", "secret"}, {"chain", 0}, {"variant", 0}})["files"][0]["hash"];
    lim.emplace(as("lim", "designer", {"osc"}));
  }
  /// The code and the words of an error, whatever it is about.
  static std::string words(const Result<Json>& answer, const std::string& name) {
    if (answer) return "no error";
    std::string text = std::string(to_string(answer.error().code)) + " " + answer.error().text();
    for (std::size_t at; (at = text.find(name)) != std::string::npos;)
      text.replace(at, name.size(), "X");
    return text;
  }

  std::string hash;  ///< Of a file of the job.
  std::optional<ptah::Client> lim;
};

TEST_F(OneLibrary, OthersJobsAreNotThere) {
  EXPECT_EQ(lim->call("job.list").value()["jobs"].size(), 0u);
  EXPECT_EQ(words(lim->call("job.list", {{"after", "secret"}}), "secret"),
            words(lim->call("job.list", {{"after", "nothing"}}), "nothing"));
  int methods = 0;
  for (const MethodDoc& method : documented_methods()) {
    if (!has_field(method, "job", true)) continue;
    Json params{{"job", "secret"}, {"chain", 0}, {"variant", 0}};
    for (const char* field : {"chain", "variant"}) {
      if (!has_field(method, field, true)) params.erase(field);
    }
    const auto hidden = lim->call(method.name, params);
    params["job"] = "nothing";
    EXPECT_EQ(words(hidden, "secret"), words(lim->call(method.name, params), "nothing"))
        << method.name;
    EXPECT_FALSE(hidden) << method.name;
    ++methods;
  }
  EXPECT_GE(methods, 14);
  const Json training{{"model", "stolen"}, {"jobs", {"secret"}}};
  Json other = training;
  other["jobs"] = {"nothing"};
  EXPECT_EQ(words(lim->call("flow.train", {{"spec", training}}), "secret"),
            words(lim->call("flow.train", {{"spec", other}}), "nothing"));
}

TEST_F(OneLibrary, OtherLibrariesAreNotThere) {
  int methods = 0;
  for (const MethodDoc& method : documented_methods()) {
    if (!has_field(method, "library", false)) continue;
    for (const char* library : {"work", "nothing", "../osc", "osc/../work", "OSC", ""}) {
      const auto answer = lim->call(method.name, {{"library", library}, {"model", "m"}});
      ASSERT_FALSE(answer) << method.name << " " << library;
      EXPECT_EQ(answer.error().code,
                method.role > Role::kViewer ? ErrorCode::kDenied : ErrorCode::kNotFound)
          << method.name << " " << library;
      EXPECT_THAT(answer.error().hint, HasSubstr("Libraries of this token: osc."));
    }
    ++methods;
  }
  EXPECT_GE(methods, 20);
  EXPECT_TRUE(lim->call("library.cells", {{"library", "osc"}}));
  EXPECT_EQ(lim->call("model.list").value()["models"].size(), 0u) << "that of its library";
}

TEST_F(OneLibrary, ItsOwnLibraryIsWhereItWorks) {
  ASSERT_TRUE(start_job(*lim, "mine", {chain("a", 1)})) << "without naming it";
  const auto done = finish(*lim, "mine");
  ASSERT_TRUE(done) << done.error().text();
  EXPECT_EQ(done.value()["state"], "done");
  EXPECT_EQ(done.value()["library"], "osc");
  EXPECT_EQ(lim->call("job.list").value()["jobs"].size(), 1u);
  const Json variant =
      lim->call("variant.get", {{"job", "mine"}, {"chain", 0}, {"variant", 0}}).value();
  EXPECT_TRUE(lim->call("store.read", {{"hash", variant["files"][0]["hash"]}}));
  EXPECT_EQ(lim->server()["libraries"], Json({"osc"}));
  // Nor does anybody else's notification say what there is.
  auto client = daemon.client();
  client.result("model.use", {{"model", "m@1"}});
  const auto note = lim->next_notification(std::chrono::milliseconds(300));
  ASSERT_TRUE(note);
  EXPECT_FALSE(note.value().has_value());
}

TEST_F(OneLibrary, AHashOpensNothing) {
  const Json unknown{{"hash", std::string(64, 'a')}};
  EXPECT_EQ(lim->call("store.read", {{"hash", hash}}).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(lim->call("store.get", {{"hash", hash}}).error().message,
            lim->call("store.get", unknown).error().message);
  Json job = run("thief", {chain("a", 1)});
  job["spec"]["netlist"] = "sha256:" + hash;
  EXPECT_EQ(lim->call("flow.run", job).error().code, ErrorCode::kNotFound);
  Json named = run("thief", {chain("a", 1)});
  named["spec"].erase("netlist");
  named["spec"]["sources"] = {{"hash", hash}};
  EXPECT_EQ(lim->call("flow.run", named).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(
      lim->call("score.layout", {{"circuit", "fake"}, {"layout", {{"hash", hash}}}}).error().code,
      ErrorCode::kNotFound);
  // Nor is it told that a file is there; who has its bytes sends them.
  const std::string text = "secret weights", digest = sha256_hex(text);
  const auto asked =
      lim->call("store.put", {{"hash", digest}, {"size", text.size()}, {"offset", 0}});
  ASSERT_TRUE(asked) << asked.error().text();
  EXPECT_EQ(asked.value()["received"], 0);
  EXPECT_EQ(asked.value()["file"], "");
  EXPECT_FALSE(lim->call("store.read", {{"hash", digest}}));
  std::ofstream(file("same")) << text;
  ASSERT_TRUE(put_file(*lim, file("same")));
  EXPECT_TRUE(lim->call("store.read", {{"hash", digest}})) << "it knows them";
}

TEST_F(OneLibrary, NamesOfTasksAreNotTold) {
  auto client = daemon.client();
  client.result("flow.run", run("busy", {chain("b", 100, {{"ms", 20}})}));
  ASSERT_TRUE(eventually([&] {
    return client.result("server.status")["workers"].dump().find("busy") != std::string::npos;
  }));
  EXPECT_THAT(lim->call("server.status").value()["workers"].dump(),
              testing::Not(HasSubstr("busy")));
}

TEST_F(Rights, TokensAreForLibrariesThatThereCanBe) {
  ASSERT_TRUE(start());
  auto client = daemon.client();
  for (const char* library : {"../work", "a/b", "", ".hidden", "-x"}) {
    const Json answer = client.call(
        "token.create", {{"name", "ann"}, {"role", "designer"}, {"libraries", {library}}});
    EXPECT_TRUE(answer.contains("error")) << library;
  }
  EXPECT_TRUE(
      client.call("token.create", {{"name", "ada"}, {"role", "admin"}, {"libraries", {"work"}}})
          .contains("error"));
  auto ann = as("ann", "designer", {"osc", "adc"});
  EXPECT_EQ(ann.call("job.list").value()["jobs"].size(), 0u);
  daemon.terminate();
  ASSERT_TRUE(start_with_files());
  EXPECT_EQ(daemon.client().result("token.list")["tokens"][0]["libraries"], Json({"osc", "adc"}));
}

TEST_F(Rights, NoPathLeadsOut) {
  ASSERT_TRUE(start());
  auto ann = as("ann", "designer");
  for (const char* library : {"../work", "a/../../b", "/etc", "..", ".", "a\nb"}) {
    const auto answer = start_job(ann, "", {chain("a", 1)}, {{"library", library}});
    ASSERT_FALSE(answer) << library;
    EXPECT_EQ(answer.error().code, ErrorCode::kInvalidArgument) << library;
  }
  EXPECT_EQ(start_job(ann, "../j", {chain("a", 1)}).error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(start_job(ann, "j", {chain("a", 1)}, {{"out", "/etc/ptah"}}).error().code,
            ErrorCode::kDenied);
  // What a job names its files is the worker's affair, and does not lead out either.
  ASSERT_TRUE(start_job(ann, "k", {chain("a", 1, {{"folder", "../../climbs"}})}));
  EXPECT_EQ(finish(ann, "k").value()["state"], "failed");
}

TEST_F(Rights, WhatIsDoneAndRefusedIsNoted) {
  ASSERT_TRUE(start());
  auto ann = as("ann", "designer"), vic = as("vic", "viewer");
  ASSERT_TRUE(start_job(ann, "", {chain("a", 1)}, {{"library", "osc"}}));
  ASSERT_TRUE(start_job(ann, "j", {chain("a", 1)}));
  finish(ann, "j").value();
  EXPECT_FALSE(vic.call("job.delete", {{"job", "j"}}));
  EXPECT_FALSE(ann.call("token.revoke", {{"name", "vic"}}));
  EXPECT_TRUE(ann.call("job.delete", {{"job", "j"}}));
  EXPECT_FALSE(vic.call("server.audit")) << "administrators' alone";
  EXPECT_FALSE(ann.call("server.audit"));
  const Json records = audit();
  std::vector<std::string> lines;
  for (const Json& record : records) {
    lines.push_back(record["who"].get<std::string>() + " " + record["method"].get<std::string>() +
                    " " + record["object"].get<std::string>() + " " +
                    record["outcome"].get<std::string>());
  }
  const std::string user = own_user_name();
  EXPECT_THAT(lines,
              testing::IsSupersetOf(std::vector<std::string>{
                  user + " token.create ann ok", "ann flow.run osc run-1 ok", "ann flow.run j ok",
                  "vic job.delete j denied", "ann token.revoke vic denied", "ann job.delete j ok",
                  "vic server.audit  denied"}));
  // Sending a file of several pieces is one deed, and looking is none.
  EXPECT_EQ(std::count_if(lines.begin(), lines.end(),
                          [](const auto& line) { return line.starts_with("ann store.put"); }),
            2);
  for (const Json& record : records) EXPECT_NE(record["method"], "job.wait");
  EXPECT_EQ(records.back()["from"], "127.0.0.1");
  EXPECT_EQ(records.front()["from"], "unix uid " + std::to_string(::getuid()));
  std::int64_t last = 0;
  for (const Json& record : records) {
    EXPECT_GT(record["number"].get<std::int64_t>(), last);
    last = record["number"];
  }
  for (const Json& record : audit({{"who", "vic"}})) EXPECT_EQ(record["who"], "vic");
  const Json two = daemon.client().result("server.audit", {{"limit", 2}});
  ASSERT_EQ(two["records"].size(), 2u);
  EXPECT_EQ(two["records"][1]["number"], last);
  EXPECT_EQ(two["more"], true);
  EXPECT_EQ(audit({{"after", last}}).size(), 0u);
  EXPECT_EQ(audit({{"since_ms", records.back()["time_ms"].get<std::int64_t>() + 60'000}}).size(),
            0u);
  // And it is there after a crash.
  daemon.kill();
  ASSERT_TRUE(start_with_files());
  EXPECT_EQ(audit({{"limit", 1000}}).size(), records.size());
  EXPECT_EQ(daemon.client().result("server.verify")["damaged"].size(), 0u);
}

TEST_F(Rights, GuessesAreNotedAndBounded) {
  ASSERT_TRUE(start());
  constexpr int kGuesses = 40;
  for (int i = 0; i < kGuesses; ++i) EXPECT_FALSE(connect("guess" + std::to_string(i)));
  ASSERT_TRUE(eventually([&] { return audit().size() >= 20; }));
  std::int64_t noted = 0;
  for (const Json& record : audit()) {
    if (record["method"] != "server.hello") continue;
    EXPECT_EQ(record["from"], "127.0.0.1");
    EXPECT_EQ(record["who"], "");
    EXPECT_EQ(record.dump().find("guess1"), std::string::npos) << "what was guessed is not kept";
    noted += record["count"].get<std::int64_t>();
  }
  EXPECT_LE(noted, kGuesses);
  daemon.terminate();
  ASSERT_TRUE(start_with_files());
  std::int64_t all = 0;
  for (const Json& record : audit()) {
    if (record["method"] == "server.hello") all += record["count"].get<std::int64_t>();
  }
  EXPECT_EQ(all, kGuesses) << "those that were counted are written at the end";
}

TEST_F(Rights, SomebodyHasAsManyJobsAsHeMay) {
  ASSERT_TRUE(start("quotas: {queued_jobs: 2, of: {bob: {queued_jobs: 0}}}\n"));
  auto ann = as("ann", "designer"), bob = as("bob", "designer");
  const Json slow = chain("a", 1000, {{"ms", 20}});
  ASSERT_TRUE(start_job(ann, "a1", {slow}));
  ASSERT_TRUE(start_job(ann, "a2", {slow}));
  const auto third = start_job(ann, "a3", {slow});
  ASSERT_FALSE(third);
  EXPECT_EQ(third.error().code, ErrorCode::kLimit);
  EXPECT_THAT(third.error().message, HasSubstr("ann has 2 jobs that wait or run, and may have 2."));
  EXPECT_THAT(third.error().hint, HasSubstr("cancel one"));
  EXPECT_FALSE(ann.call("job.get", {{"job", "a3"}})) << "nothing is left of it";
  EXPECT_TRUE(start_job(ann, "a2", {slow})) << "a retry is no job more";
  for (const char* job : {"b1", "b2", "b3"}) EXPECT_TRUE(start_job(bob, job, {slow})) << job;
  const auto own = ann.call("server.usage");
  ASSERT_TRUE(own);
  ASSERT_EQ(own.value()["principals"].size(), 1u) << "others' is not hers to see";
  EXPECT_EQ(own.value()["principals"][0]["jobs"], 2);
  EXPECT_EQ(own.value()["principals"][0]["most_jobs"], 2);
  const Json all = daemon.client().result("server.usage")["principals"];
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[1]["who"], "bob");
  EXPECT_EQ(all[1]["jobs"], 3);
  EXPECT_TRUE(eventually([&] {
    const Json now = daemon.client().result("server.usage")["principals"];
    return now[0]["tasks"].get<int>() + now[1]["tasks"].get<int>() == 2;
  })) << "one a worker";
  ASSERT_TRUE(ann.call("job.cancel", {{"job", "a1"}}));
  EXPECT_TRUE(start_job(ann, "a3", {slow}));
  EXPECT_FALSE(ann.call("job.resume", {{"job", "a1"}})) << "nor by a detour";
}

TEST_F(Rights, SomebodyTakesAsMuchDiskAsHeMay) {
  ASSERT_TRUE(start("quotas:\n  disk_mb: 1\n"));
  auto ann = as("ann", "designer"), bob = as("bob", "designer");
  // The second chain would come when the first has taken more than there is.
  ASSERT_TRUE(start_job(ann, "big",
                        {chain("a", 1, {{"bytes", 900'000}}), chain("b", 0), chain("c", 0),
                         chain("d", 0), chain("e", 0)}));
  const auto ended = finish(ann, "big");
  ASSERT_TRUE(ended);
  EXPECT_GT(ended.value()["bytes"], 1'500'000);
  const auto more = start_job(ann, "more", {chain("a", 0)});
  ASSERT_FALSE(more);
  EXPECT_EQ(more.error().code, ErrorCode::kLimit);
  EXPECT_THAT(
      more.error().message,
      testing::ContainsRegex("What is ann's takes [0-9]+ MB of disk.*: the limit is 1 MB."));
  EXPECT_GT(ann.call("server.usage").value()["principals"][0]["bytes"], 1'500'000);
  EXPECT_TRUE(start_job(bob, "other", {chain("a", 0)}));
  ASSERT_TRUE(ann.call("job.delete", {{"job", "big"}}));
  EXPECT_TRUE(eventually([&] { return !start_job(ann, "more", {chain("a", 0)}).has_error(); }));
}

TEST_F(Rights, WhatIsSentCountsUntilAJobHasIt) {
  ASSERT_TRUE(start("quotas:\n  disk_mb: 1\n"));
  auto ann = as("ann", "designer"), bob = as("bob", "designer");
  const auto bytes = [&] {
    return ann.call("server.usage").value()["principals"][0]["bytes"].get<std::int64_t>();
  };
  const auto send = [&](ptah::Client& client, const std::string& name, std::size_t size) {
    std::ofstream(file(name.c_str())) << std::string(size, name[0]);
    return put_file(client, file(name.c_str()));
  };
  ASSERT_TRUE(send(ann, "a", 700'000));
  EXPECT_EQ(bytes(), 700'000);
  const auto second = send(ann, "b", 700'000);
  ASSERT_FALSE(second);
  EXPECT_THAT(second.error().message, HasSubstr("takes 1 MB of disk, and 1 MB more are too much"));
  ASSERT_TRUE(send(bob, "c", 700'000));
  // The same again is no more.
  ASSERT_TRUE(send(ann, "a", 700'000));
  ASSERT_TRUE(send(ann, "d", 10));
  EXPECT_EQ(bytes(), 700'010);
  ASSERT_TRUE(start_job(ann, "j", {chain("a", 0)}));
  finish(ann, "j").value();
  EXPECT_EQ(bytes() - 700'010, ann.call("job.get", {{"job", "j"}}).value()["bytes"])
      << "its netlist is the job's, and counts once";
}

TEST_F(Rights, AJobThatTakesTooMuchStopsAndGoesOn) {
  ASSERT_TRUE(start("quotas:\n  disk_mb: 1\n"));
  auto ann = as("ann", "designer");
  std::vector<Json> chains{chain("a", 1, {{"bytes", 900'000}})};
  for (int i = 0; i < 20; ++i) chains.push_back(chain("c" + std::to_string(i), 0, {{"ms", 50}}));
  ASSERT_TRUE(start_job(ann, "old", {chain("o", 1, {{"bytes", 500'000}})}));
  finish(ann, "old").value();
  if (const auto refused = start_job(ann, "big", chains); !refused) {
    // The first one took all.
    EXPECT_EQ(refused.error().code, ErrorCode::kLimit);
    ASSERT_TRUE(ann.call("job.delete", {{"job", "old"}}));
    ASSERT_TRUE(eventually([&] { return !start_job(ann, "big", chains).has_error(); }));
  }
  const auto ended = finish(ann, "big");
  ASSERT_TRUE(ended);
  EXPECT_EQ(ended.value()["state"], "failed");
  EXPECT_EQ(ended.value()["error"]["code"], "limit");
  EXPECT_THAT(ended.value()["error"]["message"].get<std::string>(), HasSubstr("MB of disk"));
  EXPECT_LT(ended.value()["chains"]["done"], 21);
  daemon.terminate();
  ASSERT_TRUE(start_with_files("quotas: {disk_mb: 1, of: {ann: {disk_mb: 100}}}\n"));
  auto again = as("ann2", "admin");
  ASSERT_TRUE(again.call("job.resume", {{"job", "big"}}));
  EXPECT_EQ(finish(again, "big").value()["state"], "done");
}

TEST_F(Rights, OneWhoHasMuchToDoDoesNotHoldUpAnother) {
  ASSERT_TRUE(start());
  auto ann = as("ann", "designer"), bob = as("bob", "designer");
  std::vector<Json> many;
  for (int i = 0; i < 40; ++i) many.push_back(chain("c" + std::to_string(i), 0, {{"ms", 60}}));
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(start_job(ann, "a" + std::to_string(i), many));
  ASSERT_TRUE(eventually([&] {
    return ann.call("job.get", {{"job", "a4"}}).value()["chains"]["done"] > 0;
  })) << "all of hers run";
  const auto done = [&] {
    std::int64_t chains = 0;
    const Json list = ann.call("job.list").value();
    for (const Json& job : list["jobs"]) {
      if (job["owner"] == "ann") chains += job["chains"]["done"].get<std::int64_t>();
    }
    return chains;
  };
  const std::int64_t before = done();
  ASSERT_TRUE(start_job(bob, "b", {many.begin(), many.begin() + 20}));
  EXPECT_EQ(finish(bob, "b").value()["state"], "done");
  const std::int64_t meanwhile = done() - before;
  // Half the workers are his; by jobs alone he would have had a sixth of them.
  EXPECT_LE(meanwhile, 35);
  EXPECT_GE(meanwhile, 5) << "and she goes on";
  const Json list = ann.call("job.list").value();
  for (const Json& job : list["jobs"]) {
    if (job["owner"] == "ann") ann.call("job.cancel", {{"job", job["job"]}}).value();
  }
}

TEST_F(Rights, SomebodyHasAsManyTasksAsHeMay) {
  ASSERT_TRUE(start("quotas: {running_tasks: 1}\n"));
  auto ann = as("ann", "designer"), bob = as("bob", "designer");
  std::vector<Json> many;
  for (int i = 0; i < 10; ++i) many.push_back(chain("c" + std::to_string(i), 3, {{"ms", 20}}));
  ASSERT_TRUE(start_job(ann, "a", many));
  const auto of_ann = [&] {
    int busy = 0;
    const Json status = bob.call("server.status").value();
    for (const Json& worker : status["workers"])
      busy += worker["task"].get<std::string>().starts_with("a.chain");
    return busy;
  };
  int most = 0;
  ASSERT_TRUE(eventually([&] {
    most = std::max(most, of_ann());
    return ann.call("job.get", {{"job", "a"}}).value()["state"] == "done";
  }));
  EXPECT_EQ(most, 1);
}

TEST_F(Rights, WhoWaitsForAnAnswerDoesNotWaitForBatches) {
  ASSERT_TRUE(start());
  auto ann = as("ann", "designer"), bob = as("bob", "designer");
  // All workers are taken for long, and forty jobs wait to be planned, each for a while.
  for (int i = 0; i < 4; ++i)
    ASSERT_TRUE(start_job(ann, "slow" + std::to_string(i), {chain("s", 1000, {{"ms", 50}})}));
  for (int i = 0; i < 40; ++i) {
    Json params = acting({{"plan_ms", 100}, {"chains", Json::array({chain("p", 0)})}});
    const auto sent = put_file(ann, params["netlist"].get<std::string>());
    ASSERT_TRUE(sent) << sent.error().text();
    params["netlist"] = sent.value();
    ASSERT_TRUE(ann.call("flow.run", {{"job", "q" + std::to_string(i)}, {"spec", params}}));
  }
  std::vector<double> ms;
  for (int i = 0; i < 20; ++i) {
    const auto begin = std::chrono::steady_clock::now();
    const auto answer = bob.call("library.circuits");
    ASSERT_TRUE(answer) << answer.error().text();
    ms.push_back(std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin)
                     .count());
  }
  std::sort(ms.begin(), ms.end());
  std::cout << "[          ] an answer under a full queue: p50 " << ms[10] << " ms, p95 " << ms[18]
            << " ms\n";
  EXPECT_LT(ms[18], 90) << "less than one of the plans takes";
  EXPECT_EQ(ann.call("job.get", {{"job", "q39"}}).value()["circuit"], "")
      << "they waited all the while";
}

/// In a process that has another uid and these groups: what the daemon says to it at once.
std::string as_another(uid_t user, gid_t group, const fs::path& socket, const Json& request) {
  int ends[2];
  if (::pipe(ends) != 0) return "no pipe";
  const pid_t child = ::fork();
  if (child == 0) {
    std::string heard = "no connection";
    if (::setgroups(1, &group) == 0 && ::setgid(user) == 0 && ::setuid(user) == 0) {
      if (auto client = Client::connect_unix(socket)) {
        client->send(request);
        heard = client->read(5000).dump();
      }
    }
    (void)!::write(ends[1], heard.data(), heard.size());
    ::_exit(0);
  }
  ::close(ends[1]);
  std::string text;
  char chunk[4096];
  for (ssize_t got; (got = ::read(ends[0], chunk, sizeof chunk)) > 0;)
    text.append(chunk, static_cast<std::size_t>(got));
  ::close(ends[0]);
  ::waitpid(child, nullptr, 0);
  return text;
}

TEST_F(Rights, AGroupOfTheMachineIsLetIn) {
  if (::getuid() != 0) GTEST_SKIP() << "only root can be another user";
  const ::group* entry = ::getgrnam("nogroup");
  if (entry == nullptr) GTEST_SKIP() << "no group `nogroup` here";
  const gid_t group = entry->gr_gid;
  fs::permissions(daemon.root(), fs::perms(0711));
  const Json hello{
      {"jsonrpc", "2.0"}, {"id", 1}, {"method", "server.hello"}, {"params", Json::object()}};
  constexpr uid_t kUser = 54321;
  // Private, where nothing is said.
  ASSERT_TRUE(start());
  EXPECT_EQ(as_another(kUser, group, daemon.socket(), hello), "no connection");
  daemon.terminate();
  ASSERT_TRUE(start_with_files("unix_group: nogroup\n"));
  struct stat info {};
  ASSERT_EQ(::stat(daemon.socket().c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0660u);
  EXPECT_EQ(info.st_gid, group);
  ASSERT_EQ(::stat(daemon.socket().parent_path().c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0710u) << "they see no other name there";
  const Json member = Json::parse(as_another(kUser, group, daemon.socket(), hello));
  EXPECT_EQ(member["result"]["role"], "user") << member.dump();
  EXPECT_EQ(member["result"]["principal"], "uid-54321");
  EXPECT_EQ(member["result"]["paths"], false);
  // A path would be opened with the daemon's rights.
  Json job{{"jsonrpc", "2.0"}, {"id", 1}, {"method", "flow.run"}, {"params", run("j", {})}};
  EXPECT_THAT(as_another(kUser, group, daemon.socket(), job), HasSubstr("is a path"));
  job = {{"jsonrpc", "2.0"}, {"id", 1}, {"method", "token.list"}};
  EXPECT_THAT(as_another(kUser, group, daemon.socket(), job), HasSubstr("denied"));
  // Others do not come so far; and if they do, it is said why they go.
  EXPECT_EQ(as_another(kUser, 54321, daemon.socket(), hello), "no connection");
  ::chmod(daemon.socket().c_str(), 0666);
  ::chmod(daemon.socket().parent_path().c_str(), 0711);
  const std::string refused = as_another(kUser, 54321, daemon.socket(), hello);
  EXPECT_THAT(refused, HasSubstr("uid-54321 is not in group nogroup."));
  daemon.terminate();
  // And without a group it is private again.
  ::chmod(daemon.socket().parent_path().c_str(), 0710);
  ASSERT_TRUE(start_with_files());
  ASSERT_EQ(::stat(daemon.socket().parent_path().c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0700u);
}

TEST_F(Rights, AnUnknownGroupIsSaidAtTheStart) {
  make_certificate(daemon.root(), "cert");
  EXPECT_FALSE(start_with_files("unix_group: no-such-group\n"));
  EXPECT_THAT(daemon.log(), HasSubstr("There is no group \"no-such-group\"."));
  EXPECT_FALSE(start_with_files("quotas: {queued_job: 2}\n"));
  EXPECT_THAT(daemon.log(), HasSubstr("Field \"quotas\" must be"));
}

}  // namespace
}  // namespace ptah::test
