#include "method_table.hpp"
#include "service.hpp"

namespace ptah::rpc {

MethodTable bind_methods(Service& service) {
  MethodTable table;
  // What works for its caller alone, and what only shows, changes nothing.
  constexpr bool kAsks = true;
  const auto bind = [&table, &service]<class P, class R>(
                        const char* name, Role role, const char* text,
                        void (Service::*function)(const P&, Reply<R>), bool asks = false) {
    const bool changes = role > Role::kViewer && !asks;
    table.add<P, R>(name, role, changes, text,
                    [&service, function](const P& params, Reply<R> reply) {
                      (service.*function)(params, std::move(reply));
                    });
  };
  table.add<Nothing, Nothing>("server.ping", Role::kStranger, false, "Answers at once.",
                              [](const Nothing&, Reply<Nothing> reply) { reply(Nothing{}); });
  table.add<CancelParams, CancelReply>(
      "server.cancel", Role::kViewer, false,
      "Cancels a pending request of this connection. The request gets its one answer, error "
      "`cancelled`; work that "
      "was done for it alone (flow.plan, flow.check and flow.render with `wait`) stops.",
      [](const CancelParams& params, Reply<CancelReply> reply) {
        reply(CancelReply{reply.caller()->cancel_pending(params.id)});
      });
  bind("server.hello", Role::kStranger, "The first request of a client: versions, and who it is.",
       &Service::hello);
  bind("server.status", Role::kViewer, "The daemon's health.", &Service::status);
  bind("server.shutdown", Role::kAdmin,
       "Ends the daemon. Jobs go on at its next start, from the last committed variants.",
       &Service::shutdown);
  bind("server.verify", Role::kAdmin,
       "Reads all that the daemon keeps and says what of it is damaged: the checksum of every page "
       "of the job database, SQLite's check of its structure, the values of every row, and the "
       "bytes of every file against its hash. Changes nothing. Answers when done; others are "
       "served meanwhile, and this connection gets `server.verifying`.",
       &Service::verify, kAsks);
  bind(
      "server.backup", Role::kAdmin,
      "Makes a copy of all that the daemon keeps, as it is at one moment, while it goes on: the "
      "database, and every file that it refers to. Answers when all of it is on the disk; who "
      "waits gets `server.backing_up`. What is cancelled, or was interrupted, leaves nothing under "
      "the folder's name. `ptah server restore` makes a state of it.",
      &Service::backup);

  bind("server.usage", Role::kViewer, "Who has how much of the daemon, and may have how much.",
       &Service::usage);
  bind("server.audit", Role::kAdmin,
       "Who changed what, or was refused: the newest so many records, in order. They are numbered "
       "in "
       "the order in which they came, whatever the clock said; of 100,000 the oldest go.",
       &Service::audit, kAsks);

  bind("token.create", Role::kAdmin,
       "Makes a token with which somebody comes in from the network, where the daemon serves TLS. "
       "The reply has the secret, which only its hash is kept of.",
       &Service::token_create);
  bind("token.list", Role::kAdmin, "Tokens: whose, for what, until when.", &Service::token_list,
       kAsks);
  bind("token.revoke", Role::kAdmin, "Ends a token. Connections that came in with it are closed.",
       &Service::token_revoke);

  bind("plugin.list", Role::kViewer, "Plugins and their state.", &Service::plugin_list);
  bind("plugin.load", Role::kAdmin,
       "Makes a plugin file of the trusted folders available. Answers when the new set serves.",
       &Service::plugin_load);
  bind("plugin.reload", Role::kAdmin,
       "Looks at the plugin's file again and serves it, if it passes its self-test; otherwise the "
       "old one goes on "
       "serving and this fails with the reason.",
       &Service::plugin_reload);
  bind("plugin.unload", Role::kAdmin,
       "Takes a plugin out of service; tasks that run keep it to their end.",
       &Service::plugin_unload);

  bind("flow.run", Role::kUser,
       "Starts a job that makes layouts, and answers when it is on disk. The plan's chains run on "
       "the worker pool; every "
       "finished variant is committed and announced. The job outlives the client.",
       &Service::flow_run);
  bind("flow.plan", Role::kUser,
       "Plans without running: circuit, count of assignments, chains. Answers when done.",
       &Service::flow_plan, kAsks);
  bind("flow.check", Role::kUser, "A job that checks a layout: DRC, LVS, extraction.",
       &Service::flow_check);
  bind("flow.train", Role::kUser,
       "A job that makes a model from the layouts of runs, with the flow's `trainer`. It measures "
       "while it works (job.metrics), goes on after an interruption from its last checkpoint, and "
       "ends with one variant: the model, a version of view `model` in the library.",
       &Service::flow_train);
  bind("flow.render", Role::kUser, "A job that draws a layout.", &Service::flow_render);

  bind("score.layout", Role::kUser,
       "What a layout of a circuit is worth, of whatever origin and however unfinished: checks, "
       "parasitics, score, blame. A cell with several copies of the circuit is an error that says "
       "where they are. Answers when done, before queued jobs.",
       &Service::score_layout, kAsks);
  bind("score.placement", Role::kUser,
       "What a placement is worth: the flow's tiles placed there, routed, and assessed as by "
       "score.layout.",
       &Service::score_placement, kAsks);

  bind("job.list", Role::kViewer, "Jobs.", &Service::job_list);
  bind("job.get", Role::kViewer, "One job.", &Service::job_get);
  bind("job.wait", Role::kViewer, "Answers with the job when it has finished.", &Service::job_wait);
  bind("job.cancel", Role::kUser, "Stops a job. Its variants stay.", &Service::job_cancel);
  bind("job.resume", Role::kUser,
       "Goes on with a failed or cancelled job where it stopped; for a finished one, restores "
       "missing files of its `out`.",
       &Service::job_resume);
  bind("job.append", Role::kUser,
       "Gives a run that is not finished more assignments. Those that it has already stay as they "
       "are.",
       &Service::job_append);
  bind("job.delete", Role::kUser, "Forgets a finished job, its variants and their files.",
       &Service::job_delete);
  bind("job.chains", Role::kViewer, "The chains of a job: one for each finger assignment.",
       &Service::job_chains);
  bind("job.events", Role::kViewer, "Events of a job after a number.", &Service::job_events);
  bind("job.metrics", Role::kViewer,
       "What the chains of a job measured while they worked: names, steps, values.",
       &Service::job_metrics);
  bind("job.subscribe", Role::kViewer,
       "Sends this connection the events of a job as notifications, those after `after` first. "
       "Ends with job.finished.",
       &Service::job_subscribe);
  bind("job.unsubscribe", Role::kViewer, "Ends that.", &Service::job_unsubscribe);

  bind("variant.list", Role::kViewer, "Variants of a job.", &Service::variant_list);
  bind("variant.get", Role::kViewer, "One variant.", &Service::variant_get);
  bind("variant.files", Role::kViewer,
       "What variant.export would write, for a client on another machine, which writes it itself.",
       &Service::variant_files);
  bind("variant.export", Role::kUser, "Writes a job's dataset into another folder.",
       &Service::variant_export);

  bind("model.list", Role::kViewer,
       "Models of a library. Every client hears `model.changed` when one is \"ready\", \"used\" or "
       "\"deleted\".",
       &Service::model_list);
  bind("model.get", Role::kViewer, "One version of a model, and where its files are.",
       &Service::model_get);
  bind(
      "model.put", Role::kUser,
      "Takes files in as a new version of a model. Whether they fit its predictor shows when a run "
      "loads them.",
      &Service::model_put);
  bind("model.use", Role::kUser, "Chooses the version that a model's name alone means.",
       &Service::model_use);
  bind("model.delete", Role::kUser,
       "Forgets a version, and the job that made it. Runs that worked with it keep its files.",
       &Service::model_delete);
  bind("model.evaluate", Role::kUser,
       "How good models are on the test part of a dataset (docs/evaluation.md), and whether they "
       "differ. Answers when done; that the test part was opened is counted, and `test_opened` in "
       "`result` says how often.",
       &Service::model_evaluate);
  bind(
      "model.predict", Role::kUser,
      "What a model says of layouts of a dataset beside what they came to: `result` is {\"model\", "
      "\"predictor\", \"dataset\", \"label\", \"part\", \"count\", \"placements\": [{\"placement\" "
      "(its "
      "row in the dataset), \"cost\", \"uncertainty\", \"far\", \"label\"}] (those of the least "
      "cost "
      "first), \"spearman\" of cost and label, \"regret\" and \"far\" as in model.evaluate}. Of "
      "the "
      "test part `test_opened` says how often it was opened. Answers when done. What a model says "
      "of a placement that is not in a dataset is `prediction` of score.placement.",
      &Service::model_predict);

  bind("dataset.make", Role::kUser,
       "A job that makes random placements of a circuit, each routed, checked, extracted and "
       "measured, to learn from. Each of its chains is a block of them; when all are done they are "
       "a version of view `dataset` in the library, and the job's result says it.",
       &Service::dataset_make);
  bind("dataset.list", Role::kViewer, "Datasets of a library.", &Service::dataset_list);
  bind("dataset.get", Role::kViewer, "One version of a dataset, and where its files are.",
       &Service::dataset_get);
  bind("dataset.export", Role::kUser,
       "A job that puts a dataset into one HDF5 file (docs/datasets.md): its file of role "
       "`samples`.",
       &Service::dataset_export);
  bind("dataset.render", Role::kUser,
       "A job that draws layouts of a dataset: placement, the pictures that networks see, and "
       "labels. Its files of role `picture` are layouts, that of role `sheet` has all of them; "
       "`layouts` in its result says which. Labels of the test part are not shown.",
       &Service::dataset_render);
  bind("dataset.import", Role::kUser,
       "A job that takes such a file in as a new version of a dataset, after it was checked.",
       &Service::dataset_import);
  bind("dataset.delete", Role::kUser, "Forgets a version, and the job that made it.",
       &Service::dataset_delete);
  bind("dataset.check", Role::kUser,
       "Whether a dataset is worth a training: spread and noise of its labels, and what plain "
       "learners make of it, without its test part (docs/evaluation.md). Answers when done.",
       &Service::dataset_check, kAsks);

  bind("library.circuits", Role::kViewer, "The circuits that Ptah brings along.",
       &Service::library_circuits);
  bind("library.cells", Role::kViewer, "Cells of a library.", &Service::library_cells);
  bind("library.views", Role::kViewer, "Views of cells.", &Service::library_views);
  bind("library.versions", Role::kViewer, "Versions of views.", &Service::library_versions);

  bind("store.get", Role::kViewer, "The file with a hash, checked.", &Service::store_get);
  bind("store.put", Role::kUser,
       "Takes the next piece of a file, the first at offset 0; the last makes it a file of the "
       "store, which any field that takes a file can name. What is there already is not sent "
       "again. Unfinished files, at most 4 a connection, go with it. A whole one stays for a day, "
       "and as long as a job refers to it. At most 8 pieces may be on their way.",
       &Service::store_put);
  bind("store.read", Role::kViewer,
       "A piece of the file with a hash. At most 8 may be on their way.", &Service::store_read);
  return table;
}

}  // namespace ptah::rpc
