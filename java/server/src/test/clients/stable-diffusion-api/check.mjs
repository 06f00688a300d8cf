// Calls everything that the client has, against a server with the models emoji and fashion. Usage: node check.mjs PORT
import sharp from "sharp";
import client from "stable-diffusion-api";

const { StableDiffusionApi, ControlNetUnit } = client;
const api = new StableDiffusionApi({ host: "127.0.0.1", port: Number(process.argv[2]), timeout: 120000, defaultStepCount: 2 });
let failed = 0;

async function call(name, work) {
  try {
    console.log(`ok   ${name}: ${await work()}`);
  } catch (error) {
    failed++;
    console.log(`FAIL ${name}: ${error.response ? JSON.stringify(error.response.data) : error}`);
  }
}

function require(holds, what) {
  if (!holds) {
    throw new Error(what);
  }
}

async function size(image, width, height) {
  const found = await image.metadata();
  require(found.width === width && found.height === height, `${found.width}x${found.height}`);
  return `${width}x${height}`;
}

async function refused(work, word) {
  try {
    await work();
  } catch (error) {
    const { status, data } = error.response;
    require(status >= 400 && status < 500 && data.detail.includes(word), `${status} ${JSON.stringify(data)}`);
    return `${status} ${data.detail}`;
  }
  throw new Error("was not refused");
}

const small = { width: 64, height: 64 };
const white = () => sharp({ create: { width: 64, height: 64, channels: 3, background: "white" } }).png();
const half = () =>
  sharp({ create: { width: 64, height: 64, channels: 3, background: "black" } })
    .composite([{ input: { create: { width: 32, height: 64, channels: 3, background: "white" } }, left: 0, top: 0 }])
    .png();

await call("txt2img", async () => {
  const result = await api.txt2img({ prompt: "a red apple", seed: 5, ...small });
  const info = JSON.parse(result.info);
  require(info.seed === 5 && info.infotexts[0].includes("Steps: 2, Sampler: Euler a"), result.info);
  return size(result.image, 64, 64);
});
await call("txt2img, batch_size 2, n_iter 2", async () => {
  const result = await api.txt2img({ prompt: "a fish", batch_size: 2, n_iter: 2, ...small });
  require(result.images.length === 4, `${result.images.length} pictures`);
  require(new Set(JSON.parse(result.info).all_seeds).size === 4, result.info);
  return "4 pictures of 4 seeds";
});
await call("txt2img, enable_hr", async () =>
  size((await api.txt2img({ prompt: "a fish", enable_hr: true, hr_scale: 2, ...small })).image, 128, 128));
await call("img2img", async () =>
  size((await api.img2img({ init_images: [white()], prompt: "a fish", ...small })).image, 64, 64));
await call("img2img, mask_image", async () =>
  size((await api.img2img({ init_images: [white()], mask_image: half(), prompt: "a fish", ...small })).image, 64, 64));
await call("extraSingle", async () =>
  size((await api.extraSingle({ image: white(), upscaler_1: "Lanczos", upscaling_resize: 2 })).image, 128, 128));
await call("extraBatch", async () => {
  const result = await api.extraBatch({ images: [white(), white()], name_list: ["a", "b"], upscaler_1: "Nearest" });
  require(result.images.length === 2, `${result.images.length} pictures`);
  return size(result.images[1], 128, 128);
});
await call("pngInfo", async () => JSON.stringify((await api.pngInfo(white())).info));
await call("interrogate", () => refused(() => api.interrogate(white(), "clip"), "interrogate"));
await call("getOptions", async () => (await api.getOptions()).sd_model_checkpoint);
await call("setOptions", async () => JSON.stringify(await api.setOptions({ CLIP_stop_at_last_layers: 1 })));
await call("getProgress", async () => (await api.getProgress()).progress);
await call("getCmdFlags", async () => (await api.getCmdFlags()).api);
await call("getSamplers", async () => (await api.getSamplers()).map((each) => each.name).join(", "));
await call("getUpscalers", async () => (await api.getUpscalers()).map((each) => each.name).join(", "));
await call("getSdModels", async () => (await api.getSdModels()).map((each) => each.title).join(", "));
await call("getHypernetworks", async () => (await api.getHypernetworks()).length);
await call("getFaceRestorers", async () => (await api.getFaceRestorers()).length);
await call("getRealesrganModels", async () => (await api.getRealesrganModels()).length);
await call("getPromptStyles", async () => (await api.getPromptStyles()).length);
await call("refreshCheckpoints", () => api.refreshCheckpoints());
await call("setModel", async () => {
  await api.setModel("fashion");
  const chosen = await api.getCurrentModel();
  await api.setModel("emoji");
  require(chosen === "fashion" && (await api.getCurrentModel()) === "emoji", chosen);
  return chosen;
});
await call("waitForReady", () => api.waitForReady(0.1));
await call("ControlNet.getModels", async () => (await api.ControlNet.getModels()).length);
await call("ControlNet.getModules", async () => (await api.ControlNet.getModules()).join(", "));
await call("ControlNet.detect", () =>
  refused(() => api.ControlNet.detect({ controlnet_input_images: [white()] }), "preprocessed"));
await call("txt2img with a ControlNet unit", () =>
  refused(() => api.txt2img({ prompt: "a fish", controlnet_units: [
    new ControlNetUnit({ input_image: white(), module: "none", model: "canny" })], ...small }), "canny"));
process.exit(failed);
