import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parseEtcdMembers, parseEtcdStatus, parseSnapshot } from '../../src/talos/etcd.ts';
import { parseResources } from '../../src/talos/resources.ts';
import { parseTable } from '../../src/talos/table.ts';

describe('what talosctl prints', () => {
  test('resources come as objects one after the other', () => {
    const stream = `{
    "metadata": {"id": "a"},
    "node": "192.168.1.12",
    "spec": {
        "text": "brace }\\n}\\n in a text"
    }
}
{
    "metadata": {"id": "b"},
    "spec": "kind: text\\n"
}
`;
    assert.deepEqual(parseResources(stream), [
      { id: 'a', spec: { text: 'brace }\n}\n in a text' } },
      { id: 'b', spec: 'kind: text\n' },
    ]);
    assert.deepEqual(parseResources(''), []);
  });

  test('etcd members with several URLs and a learner', () => {
    const members = parseEtcdMembers(
      `NODE           ID                 HOSTNAME   PEER URLS                                            CLIENT URLS                  LEARNER
192.168.1.11   8d8f5c6fd2a1b3c4   pi-11      https://192.168.1.11:2380,https://10.0.0.11:2380     https://192.168.1.11:2379    false
192.168.1.11   27a1c8ce3b2d4e5f   pi-12      https://192.168.1.12:2380                            https://192.168.1.12:2379    true
`,
    );
    assert.deepEqual(
      members.map(({ id, hostname, peerUrls, learner }) => ({ id, hostname, peerUrls, learner })),
      [
        {
          id: '8d8f5c6fd2a1b3c4',
          hostname: 'pi-11',
          peerUrls: ['https://192.168.1.11:2380', 'https://10.0.0.11:2380'],
          learner: false,
        },
        { id: '27a1c8ce3b2d4e5f', hostname: 'pi-12', peerUrls: ['https://192.168.1.12:2380'], learner: true },
      ],
    );
  });

  test('etcd status with spaces in a cell and empty cells at the end', () => {
    const table = `NODE           MEMBER             DB SIZE   IN USE            LEADER             RAFT INDEX   RAFT TERM   RAFT APPLIED INDEX   LEARNER   PROTOCOL   STORAGE   ERRORS
192.168.1.11   8d8f5c6fd2a1b3c4   2.4 MB    1.1 MB (45.83%)   27a1c8ce3b2d4e5f   4711         3           4711                 false     3.6.9      3.6.0
192.168.1.12   27a1c8ce3b2d4e5f   2.4 MB    1.1 MB (45.83%)   0000000000000000   12           3           12                   false                          etcdserver: no leader
`;
    assert.deepEqual(parseEtcdStatus(table), [
      { memberId: '8d8f5c6fd2a1b3c4', leaderId: '27a1c8ce3b2d4e5f', learner: false, raftIndex: 4711, errors: '' },
      { memberId: '27a1c8ce3b2d4e5f', learner: false, raftIndex: 12, errors: 'etcdserver: no leader' },
    ]);
  });

  test('the result of a snapshot', () => {
    const said =
      'etcd snapshot saved to "/x/etcd.snapshot" (2105376 bytes)\nsnapshot info: hash c25d87e9, revision 5012, total keys 1021, total size 2105344\n';
    assert.deepEqual(parseSnapshot(said), { sizeBytes: 2105376, hash: 'c25d87e9', revision: 5012, totalKeys: 1021 });
  });

  test('a table without rows, and none at all', () => {
    assert.deepEqual(parseTable('NODE   SERVICE   STATE\n'), []);
    assert.deepEqual(parseTable(''), []);
  });
});
