// What pages do beyond plain HTML: keep what is being typed, say when the session ends, and go on after signing in beside.
import { initAll } from './govuk-frontend.js';

initAll();

const quiet = 1200; // ms after the last key
const latest = 1800; // ms after the first unsaved key: at most 2 s behind with the way to the server

for (const form of document.querySelectorAll('form[data-draft]')) keep(form);

function keep(form) {
  const state = form.querySelector('[data-draft-state]');
  let changed = 0, first = 0, timer = 0, saving = null, sent = false, giveUp = null;

  const plan = () => {
    changed++;
    const now = Date.now();
    if (!first) first = now;
    clearTimeout(timer);
    timer = setTimeout(save, Math.max(0, Math.min(quiet, first + latest - now)));
  };
  form.addEventListener('input', plan);
  form.addEventListener('change', plan);
  form.addEventListener('submit', () => { sent = true; clearTimeout(timer); giveUp?.abort(); });
  document.addEventListener('visibilitychange', () => { if (document.hidden && first && !sent) save(); });
  window.addEventListener('online', () => { if (first && !sent) save(); });

  async function save() {
    if (sent) return;
    if (saving) return;
    const upTo = changed;
    const body = new URLSearchParams(new FormData(form));
    body.set('form-key', form.dataset.draftKey);
    first = 0;
    giveUp = new AbortController();
    saving = fetch(form.dataset.draft, { signal: giveUp.signal, method: 'POST', body, credentials: 'same-origin', redirect: 'manual', keepalive: body.toString().length < 60000 });
    try {
      const answer = await saving;
      if (answer.status === 401) { signedOut(); say(form.dataset.draftOffline); first = first || Date.now(); return; }
      const said = await answer.json();
      if (answer.ok) {
        const revision = form.elements['form-revision'];
        if (revision) revision.value = said.revision;
        say(said.saved);
        stay(said.idleUntil);
      } else {
        say(said.problem);
        if (answer.status >= 500) again();
      }
    } catch {
      if (sent) return;
      say(form.dataset.draftOffline);
      again();
    } finally {
      saving = null;
      if (changed !== upTo && !sent) plan();
    }
  }
  function again() { first = first || Date.now(); clearTimeout(timer); timer = setTimeout(save, 5000); }
  function say(text) { if (state && text) state.textContent = text; }
}

// The session: a word two minutes before it ends, and when it has ended.
const body = document.body;
let idle = 0;
if (body.dataset.idleUntil) stay(body.dataset.idleUntil);

function stay(until) {
  body.dataset.idleUntil = until;
  document.getElementById('session-banner')?.remove();
  clearTimeout(idle);
  idle = setTimeout(() => banner(body.dataset.idleWarning), Math.max(0, Date.parse(until) - Date.now() - 120000));
}

function signedOut() {
  const text = banner(body.dataset.signedOut);
  if (!text || text.querySelector('a')) return;
  const link = document.createElement('a');
  link.href = '/sign-in?to=%2Fsigned-in-beside';
  link.target = '_blank';
  link.rel = 'opener';
  link.className = 'govuk-link';
  link.textContent = body.dataset.signIn;
  text.append(' ', link);
}

function banner(words) {
  if (!words) return null;
  let box = document.getElementById('session-banner');
  if (!box) {
    box = document.createElement('div');
    box.id = 'session-banner';
    box.className = 'kith-session';
    box.setAttribute('role', 'status');
    body.prepend(box);
  }
  if (box.firstChild?.textContent !== words) {
    const text = document.createElement('p');
    text.className = 'govuk-body';
    text.textContent = words;
    box.replaceChildren(text);
  }
  return box.firstChild;
}

// Whoever signed in beside: the page that waits goes on by itself.
const beside = new BroadcastChannel('kith-sign-in');
if (document.querySelector('[data-signed-in-beside]')) beside.postMessage('signed in');
beside.addEventListener('message', () => {
  document.getElementById('session-banner')?.remove();
  document.querySelector('form[data-continue]')?.requestSubmit();
  for (const form of document.querySelectorAll('form[data-draft]')) form.dispatchEvent(new Event('input'));
});

// What fetches itself keeps the reader's place: htmx swaps a small part, and focus stays where it is.
document.addEventListener('htmx:responseError', (event) => { if (event.detail.xhr.status === 401) signedOut(); });
