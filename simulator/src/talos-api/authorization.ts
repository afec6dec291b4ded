const everyone = ['os:admin', 'os:operator', 'os:reader'];
const operators = ['os:admin', 'os:operator'];
const etcdReaders = [...everyone, 'os:etcd:backup'];

/** Methods by the roles that may call them; a method that is not named is for administrators alone. */
const rules: [readonly string[], string][] = [
  [
    everyone,
    'ClusterService/HealthCheck State/Get State/List State/Watch StorageService/Disks TimeService/Time TimeService/TimeCheck',
  ],
  // In maintenance mode a reader may call these two; otherwise they check for themselves that it is an administrator.
  [['os:admin', 'os:reader'], 'MachineService/ApplyConfiguration StorageService/BlockDeviceWipe'],
  [
    everyone,
    'MachineService/Dmesg MachineService/Events MachineService/Hostname MachineService/List MachineService/Logs MachineService/LogsContainers',
  ],
  [
    everyone,
    'MachineService/Memory MachineService/ServiceList MachineService/Version MachineService/Stats MachineService/Containers',
  ],
  [etcdReaders, 'MachineService/EtcdMemberList MachineService/EtcdStatus MachineService/EtcdAlarmList'],
  [[...operators, 'os:etcd:backup'], 'MachineService/EtcdSnapshot'],
  [operators, 'MachineService/Reboot MachineService/Shutdown MachineService/ServiceStart MachineService/ServiceStop'],
  [operators, 'MachineService/ServiceRestart MachineService/EtcdDefragment MachineService/EtcdAlarmDisarm'],
];

const rolesByMethod = new Map(
  rules.flatMap(([roles, methods]) => methods.split(' ').map((method) => [method, roles] as const)),
);

/** Whether someone with these roles may call the method, named as in the journal. */
export function mayCall(method: string, roles: ReadonlySet<string>): boolean {
  return (rolesByMethod.get(method) ?? ['os:admin']).some((role) => roles.has(role));
}
