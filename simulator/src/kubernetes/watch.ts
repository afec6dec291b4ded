import type { AnswerForm } from './negotiation.ts';
import type { Fields, KubernetesObject } from './objects.ts';
import type { ObjectPath } from './paths.ts';
import type { Representation } from './representation.ts';
import type { Stream } from './requests.ts';
import { groupVersionOf } from './resources.ts';
import { selectorOf } from './selectors.ts';
import { versionGone } from './status.ts';
import type { Change } from './object-store.ts';
import type { KubernetesStore } from './store.ts';

/** A kube-apiserver ends a watch without a time of its own after half an hour to an hour. */
const LONGEST_MS = 30 * 60_000;

/** The changes of a collection, or of one object, from a resource version on. */
export function watchObjects(
  store: KubernetesStore,
  path: ObjectPath,
  query: URLSearchParams,
  representation: Representation,
  form: AnswerForm,
): Stream {
  const selected = selectorOf(query);
  const matches = (object: KubernetesObject | undefined) =>
    object !== undefined && (path.name === '' || object.metadata.name === path.name) && selected(object);
  const isInScope = ({ address }: Change) =>
    address.group === path.kind.group &&
    address.resource === path.kind.resource &&
    (path.namespace === '' || address.namespace === path.namespace);

  return (line, end) => {
    const tell = (change: Change) => {
      if (!isInScope(change)) return;
      const type = eventType(change, matches);
      if (type !== undefined) line({ type, object: representation.one(change.object) });
    };
    const asked = query.get('resourceVersion') ?? '';
    const withInitial = query.get('sendInitialEvents') === 'true';
    if (asked === '' || asked === '0' || withInitial) {
      const namespace = path.namespace === '' ? undefined : path.namespace;
      const present = store.list(path.kind.group, path.kind.resource, namespace).filter(matches);
      for (const object of present) line({ type: 'ADDED', object: representation.one(object) });
      if (withInitial && form !== 'table') line(bookmark(path, store.version));
    } else {
      const missed = store.changesSince(Number(asked));
      if (missed === undefined) {
        line({ type: 'ERROR', object: versionGone(asked, store.version).toStatus() });
        end();
        return () => {};
      }
      missed.forEach(tell);
    }
    const unsubscribe = store.subscribe(tell);
    const seconds = Number(query.get('timeoutSeconds') ?? 0);
    const timer = setTimeout(end, seconds > 0 ? seconds * 1000 : LONGEST_MS).unref();
    return () => {
      unsubscribe();
      clearTimeout(timer);
    };
  };
}

/** Objects that begin or cease to match a selector are shown to the watch as added and deleted. */
function eventType(
  { type, object, previous }: Change,
  matches: (object: KubernetesObject | undefined) => boolean,
): Change['type'] | undefined {
  const before = matches(previous);
  const now = type !== 'DELETED' && matches(object);
  if (now) return before ? 'MODIFIED' : 'ADDED';
  return before ? 'DELETED' : undefined;
}

function bookmark({ kind }: ObjectPath, version: number): Fields {
  const annotations = { 'k8s.io/initial-events-end': 'true' };
  const metadata = { resourceVersion: String(version), annotations };
  return { type: 'BOOKMARK', object: { kind: kind.kind, apiVersion: groupVersionOf(kind), metadata } };
}
