import * as api from './api.js';
import * as store from './store.js';

const ENDS = ['done', 'failed', 'cancelled'];

/**
 * The jobs of this page, in the order in which they were sent. Tells by events: `change` when one has got on, `done`
 * with one whose pictures are there, `failed` with one that has none. A job is
 * `{id, settings, source, mask, made, state, step, total, progress, preview, error}`.
 */
export class Jobs extends EventTarget {
  #jobs = [];
  #frame = null;

  /** Those that are not done, the running one first. */
  get waiting() {
    return [...this.#jobs].sort((a, b) => (b.state === 'running') - (a.state === 'running'));
  }

  /** Sends one. @throws Error in the server's words if it is refused */
  async send(settings, source, mask) {
    const id = await api.send(settings, source, mask);
    const job = {id, settings, source, mask, made: Date.now()};
    await store.put('jobs', job);
    this.#add(job);
  }

  /** Goes on with those that were not done when the page was left. */
  async resume() {
    const jobs = await store.all('jobs');
    for (const job of jobs.sort((a, b) => a.made - b.made)) {
      this.#add(job);
    }
  }

  /** Asks the server to stop one; it goes when the server says so. */
  async cancel(job) {
    try {
      await api.cancel(job.id);
    } catch (error) {
      if (error.status !== 404) { // it is done or forgotten: what watches it knows
        throw error;
      }
    }
  }

  #add(kept) {
    const job = {...kept, state: 'waiting', step: 0, total: 0, progress: 0, preview: null};
    this.#jobs.push(job);
    this.#changed();
    this.#watch(job);
  }

  async #watch(job) {
    for (let pause = 500; !ENDS.includes(job.state); pause = Math.min(8000, pause * 2)) {
      try {
        for await (const news of api.watch(job.id)) {
          Object.assign(job, news);
          pause = 500;
          if (ENDS.includes(job.state)) {
            break;
          }
          this.#changed();
        }
        if (!ENDS.includes(job.state)) {
          await wait(pause); // the line was cut
        }
      } catch (error) {
        if (error.status === 404 && job.cancelling) {
          job.state = 'cancelled';
        } else if (error.status === 404) {
          Object.assign(job, {state: 'failed', error: 'The server no longer knows this job; it was started anew, or the job is too old.'});
        } else if (error.status >= 400 && error.status < 500 && error.status !== 429) {
          Object.assign(job, {state: 'failed', error: error.message});
        } else {
          await wait(pause);
        }
      }
    }
    await this.#end(job);
  }

  async #end(job) {
    try {
      if (job.state === 'done') {
        job.pictures = await api.pictures(job);
      }
    } catch (error) {
      Object.assign(job, {state: 'failed', error: error.message});
    }
    await store.remove('jobs', job.id);
    this.#jobs = this.#jobs.filter(each => each !== job);
    this.dispatchEvent(new CustomEvent(job.state, {detail: job}));
    this.#changed();
  }

  /** At most once a frame: a small model makes more steps than are seen. */
  #changed() {
    this.#frame ??= requestAnimationFrame(() => {
      this.#frame = null;
      this.dispatchEvent(new CustomEvent('change'));
    });
  }
}

const wait = milliseconds => new Promise(resolve => {
  setTimeout(resolve, milliseconds);
});
