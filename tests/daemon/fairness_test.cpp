// Who is next, and which failures are written down, as plain data structures.
#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <random>

#include "app/audit.hpp"
#include "jobs/fair_share.hpp"
#include "workers/fair_queue.hpp"

namespace ptah {
namespace {

struct ModelJob {
  std::string principal;
  std::int64_t running = 0, waiting = 0;
  std::uint64_t turn = 0;
};

std::vector<FairShare::Job> seen(const std::vector<ModelJob>& jobs) {
  std::vector<FairShare::Job> all;
  for (const ModelJob& job : jobs)
    all.push_back({job.principal, job.running, job.waiting > 0, job.turn});
  return all;
}

std::int64_t running_of(const std::vector<ModelJob>& jobs, const std::string& principal) {
  std::int64_t running = 0;
  for (const ModelJob& job : jobs) running += job.principal == principal ? job.running : 0;
  return running;
}

TEST(FairShare, ManyJobsOfOneDoNotHoldUpAnother) {
  std::vector<ModelJob> jobs(100, {"ann", 0, 10});
  jobs.push_back({"bob", 0, 10});
  FairShare share;
  std::map<std::string, int> started;
  for (int i = 0; i < 8; ++i) {
    const auto next = share.next(seen(jobs), nullptr);
    ASSERT_TRUE(next);
    ModelJob& job = jobs[next->job];
    ++job.running;
    --job.waiting;
    ++started[job.principal];
  }
  EXPECT_EQ(started["ann"], 4);
  EXPECT_EQ(started["bob"], 4);
  EXPECT_EQ(jobs[0].running, 1) << "and Ann's jobs have one each, the oldest first";
  EXPECT_EQ(jobs[3].running, 1);
  EXPECT_EQ(jobs[4].running, 0);
}

TEST(FairShare, OneWorkerIsTakenInTurns) {
  std::vector<ModelJob> jobs{{"ann", 0, 100}, {"ann", 0, 100}, {"bob", 0, 100}, {"cid", 0, 100}};
  FairShare share;
  std::string order, of_ann;
  for (int i = 0; i < 12; ++i) {
    const auto next = share.next(seen(jobs), nullptr);
    ASSERT_TRUE(next);
    jobs[next->job].turn = next->turn;
    order += jobs[next->job].principal[0];
    if (next->job < 2) of_ann += std::to_string(next->job);
  }
  EXPECT_EQ(order, "abcabcabcabc");
  EXPECT_EQ(of_ann, "0101") << "and so are the jobs of one";
}

TEST(FairShare, WhoHasAsManyAsHeMayWaits) {
  std::vector<ModelJob> jobs{{"ann", 2, 100}, {"bob", 5, 1}};
  FairShare share;
  const auto limit = [](std::string_view who) { return who == "ann" ? 2 : 0; };
  ASSERT_TRUE(share.next(seen(jobs), limit));
  EXPECT_EQ(share.next(seen(jobs), limit)->job, 1u);
  jobs[1].waiting = 0;
  EXPECT_FALSE(share.next(seen(jobs), limit));
}

/// Jobs come, their tasks start and end at random: whatever happens,
/// - nobody waits while another who is let in has more running tasks than he;
/// - no worker is idle while somebody could use it;
/// - of a principal's jobs none waits while a task of one that has more is started, or that had a
///   turn later;
/// - nobody has more than he may.
TEST(FairShare, HoldsWhateverHappens) {
  for (unsigned seed = 0; seed < 300; ++seed) {
    std::mt19937 random(seed);
    const auto draw = [&](int most) { return static_cast<int>(random() % (most + 1u)); };
    const int slots = 1 + draw(7), limit = draw(2) == 0 ? 1 + draw(3) : 0;
    const auto limits = [&](std::string_view who) { return who == "p0" ? limit : 0; };
    std::vector<ModelJob> jobs;
    FairShare share;
    std::map<std::string, int> waited;  // Starts of others since the last of one who waits.
    for (int step = 0; step < 300; ++step) {
      if (draw(3) == 0) jobs.push_back({"p" + std::to_string(draw(4)), 0, draw(20)});
      for (ModelJob& job : jobs) {
        if (job.running > 0 && draw(3) == 0) --job.running;
      }
      std::erase_if(jobs, [](const auto& job) { return job.running + job.waiting == 0; });
      for (;;) {
        std::int64_t busy = 0;
        for (const ModelJob& job : jobs) busy += job.running;
        if (busy >= slots) break;
        const auto next = share.next(seen(jobs), limits);
        const auto may = [&](const ModelJob& job) {
          const std::int64_t most = limits(job.principal);
          return job.waiting > 0 && (most == 0 || running_of(jobs, job.principal) < most);
        };
        if (!next) {
          EXPECT_TRUE(std::none_of(jobs.begin(), jobs.end(), may)) << "an idle worker";
          break;
        }
        const ModelJob chosen = jobs[next->job];
        ASSERT_TRUE(may(chosen));
        std::map<std::string, bool> others;
        for (std::size_t i = 0; i < jobs.size(); ++i) {
          if (!may(jobs[i])) continue;
          EXPECT_LE(running_of(jobs, chosen.principal), running_of(jobs, jobs[i].principal));
          if (jobs[i].principal != chosen.principal) {
            others[jobs[i].principal] = true;
            continue;
          }
          EXPECT_LE(chosen.running, jobs[i].running);
          if (i != next->job && jobs[i].running == chosen.running)
            EXPECT_LE(chosen.turn, jobs[i].turn) << "who waits longest of equals";
        }
        std::erase_if(waited, [&](const auto& one) { return !others.contains(one.first); });
        for (const auto& [other, waits] : others) {
          if (running_of(jobs, other) == 0)
            EXPECT_LE(++waited[other], 5) << "of six principals, each has its turn";
        }
        waited.erase(chosen.principal);
        jobs[next->job].turn = next->turn;
        ++jobs[next->job].running;
        --jobs[next->job].waiting;
      }
    }
  }
}

std::string order_of(FairQueue<std::string>& queue) {
  std::string order;
  while (!queue.empty()) order += queue.take(queue.begin()).first + " ";
  return order;
}

TEST(FairQueue, PrincipalsTakeTurns) {
  FairQueue<std::string> queue;
  for (const char* item : {"a1", "a2", "a3", "b1", "b2", "c1"})
    queue.push(std::string(1, item[0]), true, item);
  EXPECT_EQ(order_of(queue), "a1 b1 c1 a2 b2 a3 ");
}

TEST(FairQueue, WhoComesLateIsNotBehindAllThatWasThere) {
  FairQueue<std::string> queue;
  for (int i = 0; i < 1000; ++i) queue.push("a", true, "a");
  for (int i = 0; i < 100; ++i) queue.take(queue.begin());
  queue.push("b", true, "b");
  EXPECT_EQ(queue.take(queue.begin()).first, "a");
  EXPECT_EQ(queue.take(queue.begin()).first, "b");
}

TEST(FairQueue, WhoThinksAgainLosesNoTurn) {
  FairQueue<std::string> queue;
  for (int i = 0; i < 20; ++i) queue.push("a", true, "a");
  // An editor: each score supersedes the one before.
  for (int i = 0; i < 10; ++i) {
    if (i > 0) {
      const auto old = std::find_if(queue.begin(), queue.end(), [](const auto& entry) {
        return entry.second.principal == "b";
      });
      queue.drop(old);
    }
    queue.push("b", true, "b");
  }
  EXPECT_EQ(queue.take(queue.begin()).first, "a");
  EXPECT_EQ(queue.take(queue.begin()).first, "b");
}

TEST(FairQueue, WhatIsUrgentGoesFirst) {
  FairQueue<std::string> queue;
  for (const char* item : {"plan1", "plan2", "plan3"}) queue.push("a", false, item);
  queue.push("a", true, "score");
  queue.push("b", false, "plan4");
  EXPECT_EQ(order_of(queue), "score plan1 plan4 plan2 plan3 ");
}

/// Of each principal the order is kept, and between two of one each other that waits has a turn.
TEST(FairQueue, HoldsWhateverHappens) {
  for (unsigned seed = 0; seed < 200; ++seed) {
    std::mt19937 random(seed);
    FairQueue<std::pair<std::string, int>> queue;
    std::map<std::string, std::deque<int>> waiting;
    std::map<std::string, std::map<std::string, int>> since;  // Turns of others, while one waits.
    int next = 0;
    for (int step = 0; step < 2000; ++step) {
      const std::string who(1, static_cast<char>('a' + random() % 5));
      const auto kind = random() % 5;
      if (kind < 3 && next < 900) {
        queue.push(who, true, {who, next});
        waiting[who].push_back(next++);
      } else if (kind == 3 && !queue.empty()) {
        // Cancelled somewhere in the middle.
        auto at = queue.begin();
        std::advance(at, random() % queue.size());
        const auto item = queue.drop(at);
        auto& mine = waiting[item.first];
        mine.erase(std::find(mine.begin(), mine.end(), item.second));
        if (mine.empty()) since[item.first].clear();
      } else if (!queue.empty()) {
        const auto item = queue.take(queue.begin()).first;
        ASSERT_EQ(waiting[item.first].front(), item.second);
        waiting[item.first].pop_front();
        since[item.first].clear();
        for (auto& [other, items] : waiting) {
          if (items.empty() || other == item.first) continue;
          ASSERT_LE(++since[other][item.first], 2) << other << " waits for " << item.first;
        }
      }
    }
  }
}

TEST(Bursts, GuessesAreFewRecords) {
  Bursts bursts;
  AuditRow guess;
  guess.origin = "10.0.0.1";
  guess.method = "server.hello";
  guess.outcome = "denied";
  const auto begin = Bursts::Clock::now();
  std::int64_t rows = 0, count = 0;
  const auto keep = [&](const std::vector<AuditRow>& some) {
    for (const AuditRow& row : some) {
      ++rows;
      count += row.count;
    }
  };
  for (int i = 0; i < 10'000; ++i) {
    guess.object = "guess " + std::to_string(i);
    keep(bursts.add(guess, begin + std::chrono::milliseconds(i)));
  }
  keep(bursts.due(begin + std::chrono::minutes(1)));
  EXPECT_EQ(count, 10'000) << "none is lost";
  EXPECT_LE(rows, 21);
  EXPECT_TRUE(bursts.all().empty());
}

TEST(Bursts, ManyAddressesAreBounded) {
  Bursts bursts;
  const auto begin = Bursts::Clock::now();
  std::int64_t count = 0;
  for (int round = 0; round < 30; ++round) {
    for (int i = 0; i < 3000; ++i) {
      AuditRow guess;
      guess.origin = std::to_string(i);
      for (const AuditRow& row : bursts.add(guess, begin)) count += row.count;
    }
  }
  for (const AuditRow& row : bursts.all()) count += row.count;
  EXPECT_EQ(count, 90'000);
}

}  // namespace
}  // namespace ptah
