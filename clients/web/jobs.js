// All jobs, the newest first, with live progress.
import {announce, badge, count, digits, duration, h, labelled, moment, problem} from '/dom.js';

const kPage = 100;
const kMostJobs = 20000;
const kMostFollowed = 32;
const kPoll = 1000;

const lives = (job) => job.state === 'queued' || job.state === 'running';

export function progressOf(job, told) {
  if (job.state === 'queued') return 0;
  if (!lives(job)) return job.state === 'done' ? 1 : told ?? 0;
  return told ?? (job.chains.total ? (job.chains.done + job.chains.failed) / job.chains.total : 0);
}

/** Reads all jobs after one; calls `add` with those of each page. */
async function readJobs(connection, after, add) {
  let cursor = after, read = 0;
  do {
    const page = await connection.call('job.list', {limit: 1000, ...(cursor ? {after: cursor} : {})});
    add(page.jobs);
    read += page.jobs.length;
    cursor = page.next;
  } while (cursor && read < kMostJobs);
}

export function jobsView({connection, main}) {
  const rows = new Map();       // id -> {job, row, told, parts}
  const follows = new Map();    // id -> end of it
  let order = [], last = '', shown = kPage, ended = false, timer = 0;

  const body = h('tbody');
  const empty = h('p', {class: 'empty'}, 'Reading…');
  const more = h('button', {type: 'button', hidden: true, onclick: () => {
    shown += kPage;
    arrange();
  }}, 'Show more');
  const text = h('input', {type: 'search', id: 'job-text', autocomplete: 'off', spellcheck: 'false', oninput: () => arrange()});
  const state = h('select', {id: 'job-state', onchange: () => arrange()},
                  ['all', 'queued', 'running', 'done', 'failed', 'cancelled'].map((name) => h('option', {}, name)));
  const sum = h('p', {class: 'sum'});
  main.append(h('h1', {tabindex: '-1'}, 'Jobs'),
              h('form', {class: 'filters', role: 'search', onsubmit: (e) => e.preventDefault()},
                labelled('Name or circuit', text), labelled('State', state), sum),
              h('div', {class: 'scroll', role: 'region', 'aria-label': 'Jobs', tabindex: '0'},
                h('table', {class: 'jobs'}, h('caption', {class: 'unseen'}, 'Jobs, the newest first'),
                  h('thead', {}, h('tr', {}, ['Job', 'State', 'Progress', 'Circuit', 'Kind', 'Layouts', 'Best', 'Created', 'Took'].map((head, i) =>
                    h('th', {scope: 'col', class: i === 5 || i === 6 || i === 8 ? 'number' : false}, head)))), body)),
              empty, more);

  function makeRow(job) {
    const parts = {kind: h('td', {}, job.kind), circuit: h('td'), state: h('td'), bar: h('progress', {max: 1, 'aria-label': `Progress of ${job.job}`}),
                   said: h('span', {class: 'said'}), layouts: h('td', {class: 'number'}), best: h('td', {class: 'number'}), took: h('td', {class: 'number'})};
    const row = h('tr', {}, h('th', {scope: 'row'}, h('a', {href: `#/job/${encodeURIComponent(job.job)}`}, job.job)), parts.state,
                  h('td', {class: 'bar'}, parts.bar, parts.said), parts.circuit, parts.kind, parts.layouts, parts.best, h('td', {}, moment(job.created_ms)), parts.took);
    return {job, row, parts, told: undefined, message: ''};
  }

  function update(entry) {
    const {job, parts} = entry;
    parts.circuit.textContent = job.circuit;
    if (parts.state.textContent !== job.state) parts.state.replaceChildren(badge(job.state));
    const fraction = progressOf(job, entry.told);
    parts.bar.value = fraction;
    parts.bar.hidden = !lives(job);
    parts.said.textContent = lives(job) ? (job.state === 'queued' ? 'waits' : `${Math.floor(100 * fraction)} %`)
      : job.state === 'failed' ? job.error?.message?.slice(0, 80) ?? '' : '';
    parts.layouts.textContent = job.variants || '';
    parts.best.textContent = job.best ? digits(job.best.cost) : '';
    parts.took.textContent = job.finished_ms ? duration(job.finished_ms - job.created_ms) : '';
  }

  function put(jobs) {
    for (const job of jobs) {
      const slim = {...job, spec: null, plan: null, result: null};
      const entry = rows.get(job.job);
      if (entry) entry.job = slim;
      else {
        rows.set(job.job, makeRow(slim));
        order.push(job.job);
      }
      update(rows.get(job.job));
      last = job.job;
    }
  }

  function arrange() {
    const wanted = text.value.trim().toLowerCase();
    const fits = ({job}) => (state.value === 'all' || job.state === state.value) &&
      (!wanted || job.job.toLowerCase().includes(wanted) || job.circuit.toLowerCase().includes(wanted) || job.kind.includes(wanted));
    const all = order.map((id) => rows.get(id)).reverse().filter(fits);
    const now = all.slice(0, shown).map((entry) => entry.row);
    // Only where it changes something: whoever is in the table stays there.
    if (now.length !== body.children.length || now.some((row, i) => body.children[i] !== row)) {
      const focused = document.activeElement;
      body.replaceChildren(...now);
      if (body.contains(focused)) focused.focus();
    }
    more.hidden = all.length <= shown;
    empty.hidden = all.length > 0;
    empty.textContent = rows.size ? 'No job fits.' : 'No jobs yet. `ptah run CIRCUIT` or an editor starts one.';
    const running = [...rows.values()].filter(({job}) => job.state === 'running').length;
    sum.textContent = `${count(all.length, 'job')}, ${running} running`;
  }

  function watch() {
    for (const [id, entry] of rows) {
      if (!lives(entry.job) || follows.has(id) || follows.size >= kMostFollowed) continue;
      follows.set(id, connection.follow(id, entry.job.last_event, (method, params) => {
        if (method === 'job.progress') {
          entry.told = params.fraction;
          entry.job.state = 'running';
        } else if (method === 'variant.ready') {
          entry.job.variants += 1;
          if (params.best && params.record) entry.job.best = {chain: params.chain, variant: params.variant, cost: params.record.cost};
        } else if (method === 'job.finished') {
          follows.delete(id);
          announce(`Job ${id}: ${params.state}`);
          connection.call('job.get', {job: id}).then((job) => {
            entry.job = {...job, spec: null, plan: null, result: null};
            update(entry);
            arrange();
          }, () => {});
        }
        update(entry);
      }));
    }
  }

  async function poll() {
    try {
      await readJobs(connection, last, put);
      // Those that nobody follows, and jobs that were deleted.
      const living = [...rows.values()].filter(({job}) => lives(job) && !follows.has(job.job)).slice(0, kMostFollowed);
      for (const {job} of living) put([await connection.call('job.get', {job: job.job})]);
      if (order.length) last = order.at(-1);
    } catch (error) {
      // The job that the list went on from is gone.
      if (error.code === 'not_found' && !ended) {
        rows.clear();
        order = [];
        last = '';
      }
    }
    if (ended) return;
    watch();
    arrange();
    timer = setTimeout(poll, kPoll);
  }

  readJobs(connection, '', (jobs) => {
    put(jobs);
    arrange();
  }).then(() => {
    if (ended) return;
    watch();
    timer = setTimeout(poll, kPoll);
  }, (error) => empty.replaceWith(problem(error)));

  return () => {
    ended = true;
    clearTimeout(timer);
    for (const end of follows.values()) end();
  };
}
