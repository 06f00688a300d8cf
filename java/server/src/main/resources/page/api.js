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
  const {prompt = '', negative, model, width, height, count, loras = [], seed, ...others} = settings;
  const body = {prompt, model, negative_prompt: negative, size: width && `${width}x${height}`, n: count, ...others,
    loras: loras.map(lora => ({name: lora.name, weight: lora.scale})),
    ...image ? {image: await address(image)} : {}, ...mask ? {mask: await address(mask)} : {}};
  // A seed may have 64 bits, more than a number of this language holds: its digits are put in as they are.
  const answer = await http('/v1/jobs', {method: 'POST', headers: {'Content-Type': 'application/json'},
    body: `${JSON.stringify(body).slice(0, -1)},"seed":${seed}}`});
  return (await answer.json()).id;
}

/**
 * News of a job as they come, until it ends or the line is cut: `{state, step, total, progress, preview, seconds}`, and
 * in the end `files` or `error`.
 */
export async function* watch(id) {
  const answer = await http(`/v1/jobs/${id}/events?preview=1`, {headers: {Accept: 'text/event-stream'}});
  for await (const {data} of events(answer.body)) {
    const {status, step, steps, progress, preview, seconds, result, error} = JSON.parse(data);
    yield {state: status, step, total: steps, progress, seconds,
      ...preview ? {preview: [`data:image/png;base64,${preview}`]} : {},
      ...result ? {files: result.data.map(each => each.b64_json)} : {},
      ...error ? {error: error.message} : {}};
  }
}

/** Asks for a job's end. */
export const cancel = id => http(`/v1/jobs/${id}`, {method: 'DELETE'});

/** A job's pictures, as the gallery keeps them, with the parameters that their files record. */
export const pictures = ({id, settings, source, mask, seconds, files}) => Promise.all(files.map(async (file, k) => {
  const blob = new Blob([Uint8Array.from(atob(file), letter => letter.charCodeAt(0))], {type: 'image/png'});
  const recorded = await read(blob);
  const {width, height} = await createImageBitmap(blob);
  return {key: `${id}-${k}`, made: Date.now(), blob, settings: {...recorded.settings, ...settings, count: undefined},
    seed: recorded.settings.seed, width, height, seconds, source, mask};
}));

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
