/** The embedded server cannot be started as things are. The message is for people: what was seen, and what to do. */
export class EmbeddedServerRefused extends Error {
  override readonly name = 'EmbeddedServerRefused';
}
