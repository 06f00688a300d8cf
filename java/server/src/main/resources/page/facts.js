/** Parameters of a picture in words, for people: `[[name, text, is it long]]`. */
export function facts(settings, more = {}) {
  const {prompt, negative, model, width, height, steps, guidance, sampler, schedule, seed, strength, loras} = settings;
  return [
    ['Prompt', prompt, true],
    ['Negative prompt', negative, true],
    ['Model', model],
    ['Size', width && `${width} × ${height}`],
    ['Steps', steps],
    ['Guidance', guidance],
    ['Sampler', sampler],
    ['Noise levels', schedule],
    ['Seed', seed],
    ['Change', more.source ? strength : undefined],
    ['Painted anew', more.mask ? 'a part' : undefined],
    ['LoRA', loras?.map(lora => `${lora.name} × ${lora.scale}`).join(', ')],
    ...Object.entries(more.rest ?? {}),
    ['Time', more.seconds && `${more.seconds.toFixed(1)} s`],
    ['Made', more.made && new Date(more.made).toLocaleString()],
  ].filter(([, text]) => text !== undefined && text !== null && text !== '' && text !== 0)
      .map(([name, text, long = false]) => [name, String(text), long]);
}
