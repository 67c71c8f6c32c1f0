// Who comes in, and which part is shown. The token is kept for this tab alone, and never in an address.
import {Connection, Files} from '/rpc.js';
import {h, problem} from '/dom.js';
import {daemonView} from '/daemon.js';
import {jobsView} from '/jobs.js';
import {jobView, variantView} from '/job.js';
import {modelsView, pluginsView} from '/library.js';

const kToken = 'ptah-token';
const byId = (id) => document.getElementById(id);
const main = byId('main');
let session = null;
let endView = () => {};

const routes = [
  [/^#\/jobs$/, 'Jobs', (s) => jobsView(s)],
  [/^#\/job\/([^/]+)$/, 'Jobs', (s, id) => jobView(s, id)],
  [/^#\/job\/([^/]+)\/(-?\d+)\/(\d+)$/, 'Jobs', (s, id, chain, variant) => variantView(s, id, chain, variant)],
  [/^#\/models$/, 'Models', (s) => modelsView(s)],
  [/^#\/plugins$/, 'Plugins', (s) => pluginsView(s)],
  [/^#\/daemon$/, 'Daemon', (s) => daemonView(s)],
];

function show(focus = true) {
  if (!session) return;
  endView();
  endView = () => {};
  main.replaceChildren();
  const hash = location.hash || '#/jobs';
  const found = routes.map(([form, part, view]) => ({match: form.exec(hash), part, view})).find(({match}) => match);
  for (const link of byId('parts').children) link.removeAttribute('aria-current');
  if (!found) {
    main.append(h('h1', {tabindex: '-1'}, 'Nothing is here'), h('p', {}, h('a', {href: '#/jobs'}, 'All jobs')));
  } else {
    [...byId('parts').children].find((link) => link.textContent === found.part)?.setAttribute('aria-current', 'page');
    try {
      endView = found.view({...session, main}, ...found.match.slice(1).map(decodeURIComponent));
    } catch (error) {
      main.append(problem(error));
    }
  }
  const title = main.querySelector('h1');
  document.title = `${title?.textContent ?? ''} – Ptah`;
  scrollTo(0, 0);
  if (focus) title?.focus({preventScroll: true});
}

function state(words, kind) {
  byId('state').textContent = words;
  byId('state').className = kind;
}

async function enter(token, focus) {
  const connection = new Connection(token);
  const hello = await connection.open();
  if (hello.role === 'stranger') {
    connection.close();
    throw new Error('The daemon wants a token.');
  }
  sessionStorage.setItem(kToken, token);
  session = {connection, files: new Files(connection), token, role: hello.role};
  connection.addEventListener('state', ({detail}) => {
    if (detail.state === 'closed') return leave(detail.error);
    state(detail.state === 'open' ? 'connected' : 'connection lost, trying again', detail.state);
    // What was missed is read again.
    if (detail.state === 'open') show(false);
  });
  byId('parts').hidden = byId('who').hidden = false;
  byId('role').textContent = {viewer: 'viewer', user: 'designer', admin: 'administrator'}[hello.role] ?? hello.role;
  state('connected', 'open');
  show(focus);
}

function leave(error) {
  endView();
  endView = () => {};
  session?.connection.close();
  session = null;
  sessionStorage.removeItem(kToken);
  byId('parts').hidden = byId('who').hidden = true;
  login(error);
}

function login(error) {
  const input = h('input', {id: 'token', type: 'password', autocomplete: 'off', spellcheck: 'false', required: true});
  const said = h('div', {role: 'alert'}, error ? problem(error) : null);
  const button = h('button', {type: 'submit'}, 'Log in');
  main.replaceChildren(h('form', {class: 'login', onsubmit: async (event) => {
    event.preventDefault();
    said.replaceChildren();
    button.disabled = true;
    try {
      await enter(input.value.trim(), true);
    } catch (failure) {
      said.replaceChildren(problem(failure));
      button.disabled = false;
      input.select();
    }
  }}, h('h1', {tabindex: '-1'}, 'Log in'), h('label', {for: 'token'}, 'Token'), input, button, said,
     h('p', {class: 'said'}, 'An administrator makes one: ', h('code', {}, 'ptah token create NAME --role viewer'),
       '. On this machine without TLS it is the content of the file ', h('code', {}, 'token'), ' beside the daemon\u2019s socket. It is kept until this tab is closed.')));
  document.title = 'Log in – Ptah';
  input.focus();
}

byId('skip').addEventListener('click', () => main.focus());
byId('leave').addEventListener('click', () => leave());
window.addEventListener('hashchange', () => show());
const broke = (what) => byId('alert').replaceChildren(problem({message: `This page broke: ${what}`, hint: 'Load it anew.'}));
window.addEventListener('error', (event) => broke(event.message));
window.addEventListener('unhandledrejection', (event) => broke(event.reason?.message ?? event.reason));

const kept = sessionStorage.getItem(kToken);
if (kept) enter(kept, false).catch((error) => (error.code === 'io' ? login(error) : leave(error)));
else login();
