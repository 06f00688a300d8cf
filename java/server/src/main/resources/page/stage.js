import {$, el, icon} from './dom.js';

/** What is being made, how far it is, and what waits. */
export class Stage {
  #open;
  #cancel;
  #shown = []; // the images of the frame, so that previews change and do not flicker
  #rows = new Map(); // of the queue, by job, so that what has the focus stays

  /**
   * @param open what to do with a picture that is chosen
   * @param cancel what to do with a job that is not wanted any more
   */
  constructor(open, cancel) {
    this.#open = open;
    this.#cancel = cancel;
  }

  /** Shows the jobs that are not done, the first of them large. */
  jobs(jobs) {
    const [first, ...others] = jobs;
    $('stage').classList.toggle('running', first !== undefined);
    $('cancel').hidden = first === undefined;
    this.#queue(others);
    if (!first) {
      return;
    }
    const known = first.total > 0;
    if (known) {
      $('progress').value = first.progress;
    } else {
      $('progress').removeAttribute('value');
    }
    $('state').textContent = [words(first), first.settings.prompt].filter(Boolean).join(' · ');
    if (first.preview?.length > 0) {
      this.#frame(first.preview, 'As it is now');
    } else if (this.#shown.length === 0) {
      $('frame').replaceChildren(el('p', {className: 'empty'}, 'The first preview appears here.'));
    }
  }

  /** Shows pictures that are done. */
  pictures(pictures, address, text) {
    this.#frame(pictures.map(address), '');
    this.#shown.forEach((image, k) => {
      const button = el('button', {type: 'button'});
      button.ariaLabel = `Open the picture: ${pictures[k].settings.prompt || 'without a prompt'}`;
      button.addEventListener('click', () => this.#open(pictures[k]));
      image.replaceWith(button);
      button.append(image);
    });
    this.#shown = [];
    $('state').textContent = text;
  }

  /** Says how the last one ended; without a picture nothing of it stays. */
  ended(text) {
    if (this.#shown.length > 0 || $('frame').querySelector('.empty')) {
      this.#shown = [];
      $('frame').replaceChildren(el('p', {className: 'empty'}, text));
    }
    $('state').textContent = text;
  }

  #frame(addresses, alt) {
    if (this.#shown.length !== addresses.length) {
      this.#shown = addresses.map(() => el('img', {alt}));
      $('frame').replaceChildren(el('div', {className: 'several'}, ...this.#shown.map(each => el('div', {}, each))));
    }
    addresses.forEach((address, k) => {
      this.#shown[k].src = address;
    });
  }

  #queue(jobs) {
    for (const [job, row] of this.#rows) {
      if (!jobs.includes(job)) {
        row.remove();
        this.#rows.delete(job);
      }
    }
    for (const job of jobs) {
      if (!this.#rows.has(job)) {
        this.#rows.set(job, this.#row(job));
        $('queue').append(this.#rows.get(job));
      }
      this.#rows.get(job).querySelector('.where').textContent = words(job);
    }
  }

  #row(job) {
    const prompt = job.settings.prompt ?? 'without a prompt';
    const away = el('button', {type: 'button', className: 'plain small'}, icon('cross'), 'Cancel');
    away.ariaLabel = `Cancel: ${prompt}`;
    away.addEventListener('click', () => this.#cancel(job));
    return el('li', {}, el('span', {className: 'what'}, prompt), el('span', {className: 'where'}), away);
  }
}

function words(job) {
  if (job.cancelling) {
    return 'Stopping …';
  }
  if (job.state === 'running') {
    return job.total > 0 ? `Step ${job.step} of ${job.total}` : 'Begins: the model is made ready …';
  }
  return 'Waits';
}
