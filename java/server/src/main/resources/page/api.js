import {http} from './http.js';
import {events} from './events.js';

/** The server's API as the page speaks it; what it says is told in the page's own words. */

/** What there is to choose from: `{models, samplers, schedules, loras, maxPictures, maxSteps}`, lists of names. */
export async function options() {
  return (await http('/api/page/options')).json();
}

/** What there is to know of a model: `{width, height, multiple, guidance, readsText, needsClass, classes}`. */
export async function model(name) {
  return (await http(`/api/page/model?name=${encodeURIComponent(name)}`)).json();
}

/** Sends a job. @return its id */
export async function send(settings, image, mask) {
  const {seed, ...others} = settings;
  const body = JSON.stringify({...others, image: image && await address(image), mask: mask && await address(mask)});
  // A seed may have 64 bits, more than a number of this language holds: its digits are put in as they are.
  const answer = await http('/api/jobs', {method: 'POST', headers: {'Content-Type': 'application/json'},
    body: `${body.slice(0, -1)},"seed":${seed}}`});
  return (await answer.json()).id;
}

/** News of a job as they come, until it ends or the line is cut. */
export async function* watch(id) {
  const answer = await http(`/api/jobs/${id}/events`, {headers: {Accept: 'text/event-stream'}});
  for await (const event of events(answer.body)) {
    const job = JSON.parse(event.data);
    yield {state: job.state, ahead: job.ahead, step: job.step, total: job.total, error: job.error, seconds: job.seconds,
      ...job.preview ? {preview: job.preview} : {}};
  }
}

/** Asks for a job's end. */
export const cancel = id => http(`/api/jobs/${id}`, {method: 'DELETE'});

/** Fetches a job's pictures, as the gallery keeps them. */
export async function pictures(job) {
  const result = await (await http(`/api/jobs/${job.id}`)).json();
  return Promise.all(result.pictures.map(async (picture, k) => ({
    key: `${job.id}-${k}`, made: Date.now(), blob: await (await http(picture.url)).blob(), settings: job.settings,
    seed: String(BigInt(job.settings.seed) + BigInt(k)), width: picture.width, height: picture.height,
    seconds: result.seconds, source: job.source, mask: job.mask,
  })));
}

/** What a picture's file records: `{program, settings, rest}`. */
export async function read(file) {
  return (await http('/api/page/read', {method: 'POST', body: file})).json();
}

const address = blob => new Promise((resolve, reject) => {
  const reader = new FileReader();
  reader.onload = () => resolve(reader.result);
  reader.onerror = () => reject(reader.error);
  reader.readAsDataURL(blob);
});
