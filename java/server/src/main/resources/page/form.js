import {$, el, icon} from './dom.js';

/** Fields whose text is the value, by the settings' names. */
const TEXTS = ['prompt', 'negative', 'model', 'sampler', 'schedule', 'seed'];
const NUMBERS = ['width', 'height', 'steps', 'guidance', 'count', 'strength'];
const SHAPES = [[1, 1], [4, 3], [3, 4], [3, 2], [2, 3], [16, 9], [9, 16]];
const KEPT = 'langevin.form';

/**
 * The form as settings: a plain object with the fields that are filled in; what is left out is as usual for the model.
 * A seed is a text of digits, as it may have 64 bits.
 */
export class Form {
  #loras = [];
  #facts = new Map(); // promises of what the server says of models, by name
  #ask;

  /** @param ask gives what the server says of a model: `{width, height, multiple, guidance, readsText, ...}` */
  constructor(ask) {
    this.#ask = ask;
    $('form').addEventListener('input', () => this.keep());
    $('model').addEventListener('change', () => this.#follow().catch(() => {}));
    $('swap').addEventListener('click', () => this.#size($('height').value, $('width').value));
    $('shape').addEventListener('change', () => {
      this.#size(...($('shape').value || '×').split('×'));
    });
    $('dice').addEventListener('click', () => {
      $('seed').value = '';
      this.keep();
    });
    $('add-lora').addEventListener('click', () => {
      this.#addLora({name: this.#loras[0], scale: 1}).querySelector('select').focus();
      this.keep();
    });
  }

  /** @param options as the server has them, see api.js */
  offer(options) {
    const before = this.settings();
    this.#loras = options.loras;
    fill($('model'), options.models.map(same));
    $('count').max = options.maxPictures;
    $('steps').max = options.maxSteps;
    fill($('sampler'), [{value: '', text: 'as usual'}, ...options.samplers.map(same)]);
    fill($('schedule'), [{value: '', text: 'as usual'}, ...options.schedules.map(same)]);
    $('add-lora').hidden = options.loras.length === 0;
    const hint = $('loras').querySelector('.hint');
    hint.hidden = options.loras.length > 0;
    hint.textContent = 'The server has no folder of LoRAs.';
    this.write({...before, ...kept()});
  }

  /** What the server says of the chosen model. */
  async model() {
    const name = $('model').value;
    if (!this.#facts.has(name)) {
      this.#facts.set(name, this.#ask(name));
    }
    try {
      return await this.#facts.get(name);
    } catch (error) {
      this.#facts.delete(name); // asked again next time
      throw error;
    }
  }

  /** What is filled in. */
  settings() {
    const settings = {};
    for (const name of TEXTS) {
      if ($(name).value.trim() !== '') {
        settings[name] = $(name).value.trim();
      }
    }
    for (const name of NUMBERS) {
      if ($(name).value !== '') {
        settings[name] = Number($(name).value);
      }
    }
    settings.loras = [...$('loras').querySelectorAll('.lora')].map(row => ({
      name: row.querySelector('select').value, scale: Number(row.querySelector('input').value)}));
    return settings;
  }

  /**
   * Fills the form in; what the settings do not name is left empty.
   *
   * @return what could not be taken, in words
   */
  write(settings) {
    const left = [];
    for (const name of [...TEXTS, ...NUMBERS]) {
      const field = $(name);
      const value = settings[name] ?? {count: 1, strength: 0.75}[name] ?? '';
      if (field.tagName !== 'SELECT') {
        field.value = value;
        continue;
      }
      const option = [...field.options].find(each => key(each.value) === key(String(value)));
      if (option) {
        field.value = option.value;
      } else if (value !== '') {
        left.push(`${name} ${value}`);
      }
    }
    $('loras').querySelector('.rows').replaceChildren();
    for (const lora of settings.loras ?? []) {
      if (this.#loras.includes(lora.name)) {
        this.#addLora(lora);
      } else {
        left.push(`LoRA ${lora.name}`);
      }
    }
    this.keep();
    this.#follow().catch(() => {}); // sending tells what is wrong with the model
    return left;
  }

  /** What is wrong with it in words, with the field; or null. */
  fault() {
    for (const field of $('form').querySelectorAll('input, textarea, select')) {
      if (!field.checkValidity()) {
        const label = field.labels[0]?.textContent ?? field.id;
        return {field, text: `${label}: ${field.validationMessage}`};
      }
    }
    if (($('width').value === '') !== ($('height').value === '')) {
      return {field: $('height'), text: 'Width and height are given together.'};
    }
    return null;
  }

  /** Sizes near the model's usual number of pixels, of a picture's shape. */
  async sizeLike(width, height) {
    const {width: w, height: h, multiple} = await this.model();
    const scale = Math.sqrt(w * h / (width * height));
    const side = length => Math.max(multiple, Math.round(length * scale / multiple) * multiple);
    return [side(width), side(height)];
  }

  /** For the next visit. */
  keep() {
    this.#shown();
    try {
      localStorage.setItem(KEPT, JSON.stringify(this.settings()));
    } catch {
      // Storage is forbidden: the form is empty next time.
    }
  }

  #size(width, height) {
    $('width').value = width;
    $('height').value = height;
    this.keep();
  }

  #shown() {
    $('strength-value').textContent = Number($('strength').value).toFixed(2);
  }

  /** What is usual for the model stands in the empty fields; what it does not read is not asked for. */
  async #follow() {
    const name = $('model').value;
    const model = await this.model();
    if (name !== $('model').value) {
      return; // another was chosen meanwhile
    }
    $('width').placeholder = model.width;
    $('height').placeholder = model.height;
    $('guidance').placeholder = model.guidance ?? 'as usual';
    for (const side of ['width', 'height']) {
      $(side).step = $(side).min = model.multiple;
    }
    $('negative').closest('.field').hidden = !model.readsText;
    $('prompt').closest('.field').hidden = !model.readsText && !model.needsClass;
    $('prompt').labels[0].textContent = model.needsClass ? 'Class' : 'Prompt';
    $('prompt').placeholder = !model.needsClass ? 'What should be in the picture?'
        : model.classes.length > 0 ? `One of ${model.classes.slice(0, 12).join(', ')}${model.classes.length > 12 ? ', …' : ''}`
        : 'The number of a class';
    fill($('shape'), [{value: '', text: 'as usual'}, ...await Promise.all(SHAPES.map(async ([w, h]) => {
      const [width, height] = await this.sizeLike(w, h);
      return {value: `${width}×${height}`, text: `${w}:${h} · ${width}×${height}`};
    }))]);
  }

  #addLora(lora) {
    const select = el('select', {ariaLabel: 'LoRA'});
    fill(select, this.#loras.map(same));
    select.value = lora.name;
    const scale = el('input', {type: 'number', min: -4, max: 4, step: 'any', value: lora.scale, ariaLabel: 'Strength'});
    const away = el('button', {type: 'button', className: 'plain icon', title: 'Remove'}, icon('cross'));
    away.ariaLabel = `Remove ${lora.name}`;
    const row = el('div', {className: 'lora'}, select, scale, away);
    away.addEventListener('click', () => {
      row.remove();
      $('add-lora').focus();
      this.keep();
    });
    $('loras').querySelector('.rows').append(row);
    return row;
  }
}

const same = text => ({value: text, text});

/** Names are compared as the engine does: without case, spaces, hyphens and underscores. */
const key = name => name.toLowerCase().replace('++', 'pp').replace(/[\s_-]/g, '');

function fill(select, options) {
  const before = select.value;
  select.replaceChildren(...options.map(option => el('option', option)));
  if (options.some(option => option.value === before)) {
    select.value = before;
  }
}

function kept() {
  try {
    return JSON.parse(localStorage.getItem(KEPT) ?? '{}');
  } catch {
    return {};
  }
}
