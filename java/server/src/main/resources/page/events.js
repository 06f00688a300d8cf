/**
 * The events of a stream of server-sent events (HTML standard, section 9.2): `{type, data}`. Read from a fetch, as
 * EventSource cannot send a key.
 *
 * @param body of the answer
 */
export async function* events(body) {
  let rest = '';
  let event = {type: 'message', data: []};
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  try {
    for (;;) {
      const {done, value} = await reader.read();
      if (done) {
        return;
      }
      const lines = (rest + value).split(/\r\n|\n|\r(?!$)/);
      rest = lines.pop();
      for (const line of lines) {
        if (line === '') {
          if (event.data.length > 0) {
            yield {type: event.type, data: event.data.join('\n')};
          }
          event = {type: 'message', data: []};
        } else if (!line.startsWith(':')) {
          const [, field, text] = /^([^:]*):? ?([^]*)$/.exec(line);
          if (field === 'data') {
            event.data.push(text);
          } else if (field === 'event') {
            event.type = text;
          }
        }
      }
    }
  } finally {
    reader.cancel().catch(() => {}); // whoever stops reading ends the answer
  }
}
