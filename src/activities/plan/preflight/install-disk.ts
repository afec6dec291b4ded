import type { NodeDefinition } from '../../../run/cluster-definition.ts';
import { diskInWords, sizeInWords } from '../../../run/disk-words.ts';
import type { SeenDisk } from '../../../run/disk-words.ts';
import type { Finding } from '../../../run/findings.ts';
import type { ConfigDocument } from '../../../talos/config-documents.ts';
import { at, mainDocument, textAt } from '../../../talos/config-documents.ts';
import type { MachineStorage, StorageDisk } from '../../../talos/storage.ts';
import { contentsOf, diskNamed, seenDisk } from '../../../talos/storage.ts';

/**
 * The disk that is erased when the configuration comes, where Talos is not installed, and what speaks against it: it
 * must be exactly one of the machine's disks, and empty unless cluster.yaml names it. Where Talos is installed the
 * configuration must name the disk that it is on, so that nobody erases another one later.
 */
export function checkInstallDisk(
  {
    node,
    storage,
    isInMaintenance,
  }: { readonly node: NodeDefinition; readonly storage: MachineStorage; readonly isInMaintenance: boolean },
  documents: readonly ConfigDocument[],
): { readonly erases?: SeenDisk; readonly findings: Finding[] } {
  const named = textAt(mainDocument(documents), 'machine', 'install', 'disk');
  const disk = named === undefined ? undefined : diskNamed(storage, named);
  const refused = (seen: string, remedy: string): Finding[] => [{ severity: 'error', node: node.name, seen, remedy }];
  const hasSelector = at(mainDocument(documents), 'machine', 'install', 'diskSelector') !== undefined;

  if (storage.systemDisk !== undefined) {
    if (disk === undefined || disk.devPath === storage.systemDisk) return { findings: [] };
    return {
      findings: refused(
        `Talos is on ${storage.systemDisk}, but the configuration names the ${diskInWords(disk)} as the install disk`,
        `write \`installDisk: ${storage.systemDisk}\` for this machine`,
      ),
    };
  }
  if (!isInMaintenance) return { findings: [] };
  if (hasSelector || disk === undefined) {
    const seen = hasSelector
      ? 'Talos is not installed, and the configuration leaves it to a `diskSelector` which disk is erased'
      : `Talos is not installed, and this machine has no disk ${named ?? ''} to install it on`;
    return { findings: refused(seen, `write one as \`installDisk\`: ${storage.disks.map(diskInWords).join('; ')}`) };
  }
  const erases = seenDisk(disk);
  const contents = describeContents(storage, disk);
  if (contents === '' || names(node.eraseDisk, disk)) return { erases, findings: [] };
  return {
    erases,
    findings: refused(
      `installing Talos erases the ${diskInWords(disk)}, and there is something on it: ${contents}`,
      `correct \`installDisk\`, or write \`eraseDisk: ${quoted(disk.serial || disk.devPath)}\` for this machine if all of that may go`,
    ),
  };
}

/** A serial names one disk for ever; a path only where there is no serial. */
function names(eraseDisk: string | undefined, { serial, devPath }: StorageDisk): boolean {
  return eraseDisk !== undefined && eraseDisk === (serial || devPath);
}

function describeContents(storage: MachineStorage, disk: StorageDisk): string {
  return contentsOf(storage, disk)
    .filter(({ parentDevPath, content }) => parentDevPath !== '' || content !== 'gpt')
    .map(({ devPath, label, content, sizeBytes }) =>
      [devPath, label, content, sizeInWords(sizeBytes)].filter(Boolean).join(' '),
    )
    .join(', ');
}

/** Serials may look like numbers to YAML. */
function quoted(text: string): string {
  return JSON.stringify(text);
}
