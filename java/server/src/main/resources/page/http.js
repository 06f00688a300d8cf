import {$} from './dom.js';

const KEY = 'langevin.key';

/**
 * Asks the server, with the key where it wants one.
 *
 * @throws Error in the server's words, with its `status`
 */
export async function http(path, options = {}) {
  for (;;) {
    const key = sessionStorage.getItem(KEY);
    let answer;
    try {
      answer = await fetch(path, {...options, headers: {...options.headers, ...key ? {Authorization: `Bearer ${key}`} : {}}});
    } catch {
      throw new Error('The server does not answer.');
    }
    if (answer.ok) {
      return answer;
    }
    if (answer.status !== 401) {
      throw Object.assign(new Error(await words(answer)), {status: answer.status});
    }
    await askForKey();
  }
}

async function words(answer) {
  const text = await answer.text();
  try {
    const said = JSON.parse(text);
    return said.error?.message ?? said.message ?? said.error ?? text;
  } catch {
    return text.slice(0, 500) || `The server answers ${answer.status}.`;
  }
}

let asking = null;

/** Asks once, however many requests are refused. */
function askForKey() {
  asking ??= new Promise(resolve => {
    $('key').showModal();
    $('key').addEventListener('close', () => {
      sessionStorage.setItem(KEY, $('key-value').value.trim());
      $('key-value').value = '';
      asking = null;
      resolve();
    }, {once: true});
  });
  return asking;
}
