import * as api from './api.js';
import {$, say} from './dom.js';
import {facts} from './facts.js';
import {Form} from './form.js';
import {Gallery} from './gallery.js';
import {Jobs} from './jobs.js';
import {Source} from './source.js';
import {Stage} from './stage.js';
import {Viewer} from './viewer.js';
import {files} from './files.js';
import {keys} from './keys.js';

const form = new Form(api.model);
const jobs = new Jobs();
let opened = null; // the picture of the gallery that is open
const gallery = new Gallery(open);
const viewer = new Viewer(() => {
  if (opened) {
    gallery.focus(opened);
  }
  opened = null;
});
const source = new Source(begin);
const stage = new Stage(open, cancel);

/** Shows what went wrong, or with null that nothing did. */
function fault(text) {
  $('error').hidden = !text;
  $('error').textContent = text ?? '';
}

/** Runs it; what it throws is shown. */
async function trying(act) {
  try {
    fault(null);
    return await act();
  } catch (error) {
    fault(error.message);
    return undefined;
  }
}

async function generate() {
  const wrong = form.fault();
  if (wrong) {
    $('settings').open = true;
    wrong.field.focus();
    throw new Error(wrong.text);
  }
  const settings = form.settings();
  settings.seed ??= String(crypto.getRandomValues(new Uint32Array(1))[0]);
  let picture = {image: null, mask: null};
  if (source.isThere) {
    if (!settings.width) {
      [settings.width, settings.height] = await form.sizeLike(...source.size);
    }
    picture = await source.request(settings.width, settings.height);
  } else {
    delete settings.strength;
  }
  await jobs.send(settings, picture.image, picture.mask);
  if (matchMedia('(max-width: 900px)').matches) {
    $('stage').scrollIntoView({behavior: 'smooth', block: 'center'});
  }
}

function cancel(job = jobs.waiting[0]) {
  if (job) {
    job.cancelling = true;
    stage.jobs(jobs.waiting);
    trying(() => jobs.cancel(job));
  }
}

/** A picture to begin with. */
function begin(blob, mask = null) {
  return trying(async () => {
    await source.set(blob, mask);
    const [width, height] = await form.sizeLike(...source.size);
    form.write({...form.settings(), width, height});
  });
}

function use(settings, picture, mask) {
  const {model = form.settings().model, ...others} = settings;
  const left = form.write({...others, model, count: 1});
  source.clear();
  viewer.close();
  fault(left.length > 0 ? `Not here, and so left as it was: ${left.join(', ')}.` : null);
  if (picture) {
    trying(() => source.set(picture, mask));
  }
  $('prompt').focus();
  say('The parameters stand in the form.');
}

function open(picture) {
  opened = picture;
  const beside = places => {
    const next = gallery.beside(picture, places);
    if (next) {
      open(next);
    }
  };
  const settings = {...picture.settings, seed: picture.seed, width: picture.width, height: picture.height};
  viewer.show({
    title: 'Picture',
    address: gallery.address(picture),
    alt: picture.settings.prompt ?? '',
    facts: facts(settings, picture),
    acts: [
      {text: 'Use these', kind: 'main', key: 'u', act: () => {
        opened = null;
        use(settings, picture.source, picture.mask);
      }},
      {text: 'Begin with it', act: () => {
        opened = null;
        viewer.close();
        begin(picture.blob);
      }},
      {text: 'Save', address: gallery.address(picture), name: `langevin-${picture.seed}.png`},
      {text: 'Delete', kind: 'danger', key: 'Delete', act: async () => {
        const next = gallery.beside(picture, 1) ?? gallery.beside(picture, -1);
        opened = next ?? null;
        await gallery.remove(picture);
        viewer.close();
      }},
    ],
    keys: {ArrowLeft: () => beside(-1), ArrowRight: () => beside(1)},
  });
}

/** Shows what a picture's file records. */
function read(file) {
  return trying(async () => {
    const recorded = await api.read(file);
    const address = URL.createObjectURL(file);
    viewer.show({
      title: file.name || 'Picture',
      address,
      alt: '',
      facts: [['Made by', recorded.program, false], ...facts(recorded.settings, {rest: recorded.rest})],
      acts: [
        {text: 'Use these', kind: 'main', key: 'u', act: () => use(recorded.settings)},
        {text: 'Begin with it', act: () => {
          viewer.close();
          begin(file);
        }},
      ],
    });
  });
}

jobs.addEventListener('change', () => stage.jobs(jobs.waiting));
jobs.addEventListener('done', ({detail: job}) => trying(async () => {
  await gallery.add(job.pictures);
  if (jobs.waiting[0]?.state !== 'running') {
    const seconds = job.pictures[0]?.seconds;
    stage.pictures(job.pictures, picture => gallery.address(picture), seconds ? `Done in ${seconds.toFixed(1)} s` : 'Done');
  }
  say('The picture is done.');
}));
jobs.addEventListener('cancelled', () => {
  stage.ended('Cancelled.');
  say('Cancelled.');
});
jobs.addEventListener('failed', ({detail: job}) => {
  stage.ended('Failed.');
  fault(job.error);
});

$('form').addEventListener('submit', event => {
  event.preventDefault();
  trying(generate);
});
$('cancel').addEventListener('click', () => cancel());
files({begin, read});
keys({generate: () => trying(generate), cancel, gallery: () => gallery.focus(), running: () => jobs.waiting.length > 0});

if (matchMedia('(max-width: 900px)').matches) {
  $('settings').open = false;
}
for (;;) {
  try {
    const options = await api.options();
    form.offer(options);
    $('server').textContent = options.models.length === 0 ? 'no models' : '';
    fault(options.models.length === 0 ? 'The server has no models: start it with a folder of models.' : null);
    break;
  } catch (error) {
    fault(error.message);
    await new Promise(resolve => {
      setTimeout(resolve, 3000);
    });
  }
}
await trying(async () => {
  await gallery.load();
  await jobs.resume();
});
document.documentElement.dataset.ready = 'true';
