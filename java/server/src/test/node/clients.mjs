// Asks the server what its clients' documents show, and prints a line for each call.
import assert from 'node:assert';
import OpenAI, { toFile } from 'openai';
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';

const [baseURL, apiKey] = process.argv.slice(2);
const client = new OpenAI({ baseURL, apiKey });
const png = (base64) => {
  const file = Buffer.from(base64, 'base64');
  assert.strictEqual(file.subarray(1, 4).toString('latin1'), 'PNG');
  return file;
};
const ok = (call) => console.log(`${call}: ok`);

const made = await client.images.generate({ model: 'emoji', prompt: 'a red apple', n: 2, steps: 2, seed: 1 });
assert.strictEqual(made.data.length, 2);
const apple = png(made.data[0].b64_json);
ok('openai images.generate, two pictures');

const edited = await client.images.edit({
  model: 'emoji', prompt: 'a red heart', image: await toFile(apple, 'apple.png', { type: 'image/png' }),
});
png(edited.data[0].b64_json);
ok('openai images.edit');

const types = [];
for await (const event of await client.images.generate({
  model: 'emoji', prompt: 'a red apple', stream: true, partial_images: 2, steps: 4,
})) {
  types.push(event.type);
  png(event.b64_json);
}
assert.deepStrictEqual(types, ['image_generation.partial_image', 'image_generation.partial_image',
  'image_generation.completed']);
ok('openai images.generate, stream with two partial pictures');

const edits = [];
for await (const event of await client.images.edit({
  model: 'emoji', prompt: 'a red heart', image: [await toFile(apple, 'apple.png', { type: 'image/png' })],
  stream: true, partial_images: 1,
})) {
  edits.push(event.type);
}
assert.deepStrictEqual(edits, ['image_edit.partial_image', 'image_edit.completed']);
ok('openai images.edit, stream with a partial picture');

const models = await client.models.list();
assert.deepStrictEqual(models.data.map((model) => model.id), ['emoji', 'fashion']);
await assert.rejects(client.images.generate({ model: 'dall-e-3', prompt: 'x' }),
  (error) => error instanceof OpenAI.NotFoundError && error.code === 'model_not_found');
await assert.rejects(client.images.generate({ model: 'emoji', prompt: 'x', background: 'transparent' }),
  (error) => error instanceof OpenAI.BadRequestError && error.param === 'background');
ok('openai models.list, and errors by their classes');

const provider = createOpenAICompatible({ name: 'langevin', baseURL, apiKey });
const image = await provider.imageModel('emoji').doGenerate({
  prompt: 'a red apple', n: 1, size: '64x64', providerOptions: {},
});
png(image.images[0]);
ok('@ai-sdk/openai-compatible imageModel, generate');

const changed = await provider.imageModel('emoji').doGenerate({
  prompt: 'a red heart', n: 1, size: '64x64', providerOptions: {},
  files: [{ type: 'file', mediaType: 'image/png', data: new Uint8Array(apple) }],
});
png(changed.images[0]);
ok('@ai-sdk/openai-compatible imageModel, edit');
