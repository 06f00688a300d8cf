/**
 * What the browser keeps: pictures with their parameters, and the jobs that are not done, so that a page that is loaded
 * anew goes on. Where the browser keeps nothing (private windows), it lasts as long as the page.
 */

/** Pictures that are kept; the oldest go first. */
export const MOST = 400;

const opened = new Promise(resolve => {
  try {
    const request = indexedDB.open('langevin', 1);
    request.onupgradeneeded = () => {
      request.result.createObjectStore('pictures', {keyPath: 'key'});
      request.result.createObjectStore('jobs', {keyPath: 'id'});
    };
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => resolve(null);
  } catch {
    resolve(null);
  }
});

const memory = {pictures: new Map(), jobs: new Map()};

async function ask(store, mode, what) {
  const database = await opened;
  if (!database) {
    return what(memoryStore(memory[store]));
  }
  return new Promise((resolve, reject) => {
    const transaction = database.transaction(store, mode);
    const request = what(transaction.objectStore(store));
    transaction.oncomplete = () => resolve(request.result);
    transaction.onabort = () => reject(new Error(`The browser does not keep it: ${transaction.error?.message}`));
  });
}

function memoryStore(map) {
  return {
    put: value => map.set(value.key ?? value.id, value),
    delete: key => map.delete(key),
    getAll: () => [...map.values()],
  };
}

/** Whether what is kept is still there tomorrow. */
export const lasting = async () => await opened !== null;

/** Keeps one: `key` of a picture, `id` of a job say which. */
export const put = (store, value) => ask(store, 'readwrite', each => each.put(value));

export const remove = (store, key) => ask(store, 'readwrite', each => each.delete(key));

export const all = store => ask(store, 'readonly', each => each.getAll());
