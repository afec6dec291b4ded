/**
 * The resource types that Talos 1.13 registers, one a line: type (with a `!` when only an administrator may read it),
 * default namespace, aliases with the abbreviations that the runtime adds, columns of the table output. Every type is
 * listed, those of which the simulator holds no resources too: a `get` of them answers with an empty table.
 */
const table = `
APIServerConfigs.kubernetes.talos.dev | controlplane | apiserverconfig apisc apiscs |
APIServiceConfigs.runtime.talos.dev | runtime | apiserviceconfig apisc apiscs |
AcquireConfigSpecs.v1alpha1.talos.dev | runtime | acquireconfigspec acs |
AcquireConfigStatuses.v1alpha1.talos.dev | runtime | acquireconfigstatus acs |
AddressSpecs.net.talos.dev | network | addressspec as |
AddressStatuses.net.talos.dev | network | address addresses addressstatus as | Address={.address}, Link={.linkName}
AdjtimeStatuses.v1alpha1.talos.dev | runtime | adjtimestatus as | Offset={.offset}, EstError={.estError}, MaxError={.maxError}, Status={.status}, Sync={.syncStatus}
AdmissionControlConfigs.kubernetes.talos.dev | controlplane | admissioncontrolconfig acc accs |
Affiliates.cluster.talos.dev | cluster | affiliate | Hostname={.hostname}, Machine Type={.machineType}, Addresses={.addresses}
ApiCertificates.secrets.talos.dev! | secrets | apicertificate ac acs |
AuditPolicyConfigs.kubernetes.talos.dev! | controlplane | auditpolicyconfig apc apcs |
AuthorizationConfigs.kubernetes.talos.dev | controlplane | authorizationconfig ac acs |
BlockDevices.block.talos.dev | runtime | blockdevice bd bds | Type={.type}, PartitionName={.partitionName}, Generation={.generation}
BlockSymlinks.block.talos.dev | runtime | blocksymlink bs |
BootedEntries.talos.dev | runtime | bootedentry be bes | Booted Entry={.bootedEntry}
BootstrapManifestsConfigs.kubernetes.talos.dev | controlplane | bootstrapmanifestsconfig bmc bmcs |
CPUStats.perf.talos.dev | perf | cpustat cpus | User={.cpuTotal.user}, System={.cpuTotal.system}
CertSANs.secrets.talos.dev! | secrets | certsan csan csans |
ConfigStatuses.kubernetes.talos.dev | controlplane | configstatus cs | Ready={.ready}, Secrets Version={.version}
ControllerManagerConfigs.kubernetes.talos.dev | controlplane | controllermanagerconfig cmc cmcs |
DNSResolveCaches.net.talos.dev | network | dnsresolvecach dnsrc dnsrcs | Status={.status}
DNSUpstreams.net.talos.dev | network | dnsupstream dnsu dnsus | Healthy={.healthy}, Address={.addr}
DeviceConfigSpecs.net.talos.dev! | network | deviceconfigspec dcs |
DevicesStatuses.runtime.talos.dev | runtime | devicesstatus ds | Ready={.ready}
Diagnostics.runtime.talos.dev | runtime | diagnostic | Message={.message}
DiscoveredVolumes.block.talos.dev | runtime | discoveredvolume dv dvs | Type={.type}, Size={.pretty_size}, Discovered={.name}, Label={.label}, PartitionLabel={.partition_label}
DiscoveryConfigs.cluster.talos.dev! | config | discoveryconfig dc dcs |
DiscoveryRefreshRequests.block.talos.dev | runtime | discoveryrefreshrequest drr drrs | Request={.request}
DiscoveryRefreshStatuses.block.talos.dev | runtime | discoveryrefreshstatus drs | Request={.request}
Disks.block.talos.dev | runtime | disk | Size={.pretty_size}, Read Only={.readonly}, Transport={.transport}, Rotational={.rotational}, WWID={.wwid}, Model={.model}, Serial={.serial}
EncryptionSalts.secrets.talos.dev! | secrets | encryptionsalt es |
Endpoints.kubernetes.talos.dev | controlplane | endpoint | Addresses={.addresses}, Hosts={.hosts}
Environments.runtime.talos.dev | runtime | env environment | Variables={.variables}
EtcFileSpecs.files.talos.dev | files | etcfilespec efs |
EtcFileStatuses.files.talos.dev | files | etcfilestatus efs |
EtcdConfigs.etcd.talos.dev | etcd | etcdconfig ec ecs | Image={.image}
EtcdMembers.etcd.talos.dev | etcd | etcdmember em ems | Member ID={.memberID}
EtcdRootSecrets.secrets.talos.dev! | secrets | etcdrootsecret ers |
EtcdSecrets.secrets.talos.dev! | secrets | etcdsecret es |
EtcdSpecs.etcd.talos.dev | etcd | etcdspec es | Name={.name}, AdvertisedAddresses={.advertisedAddresses}, ListenPeerAddresses={.listenPeerAddresses}, ListenClientAddresses={.listenClientAddresses}
EthernetSpecs.net.talos.dev | network | ethernetspec es |
EthernetStatuses.net.talos.dev | network | ethtool ethernetstatus es | Link={.linkState}, Speed={.speedMbit}
EventSinkConfigs.runtime.talos.dev | runtime | eventsinkconfig esc escs |
ExtensionServiceConfigStatuses.runtime.talos.dev | runtime | extensionserviceconfigstatus escs |
ExtensionServiceConfigs.runtime.talos.dev | runtime | extensionserviceconfig esc escs |
ExtensionStatuses.runtime.talos.dev | runtime | extensions extensionstatus es | Name={.metadata.name}, Version={.metadata.version}
ExtraManifestsConfigs.kubernetes.talos.dev | controlplane | extramanifestsconfig emc emcs |
HardwareAddresses.net.talos.dev | network | hardwareaddress ha has |
HostDNSConfigs.net.talos.dev | network | hostdnsconfig hdnsc hdnscs | Enabled={.enabled}
HostnameSpecs.net.talos.dev | network | hostnamespec hs |
HostnameStatuses.net.talos.dev | network | hostname hostnamestatus hs | Hostname={.hostname}, Domainname={.domainname}
Identities.cluster.talos.dev | cluster | identity | ID={.nodeId}
ImageCacheConfigs.cri.talos.dev | cri | imagecacheconfig icc iccs | Status={.status}, CopyStatus={.copyStatus}, Roots={.roots}
ImageVerificationRules.security.talos.dev | security | imageverificationrule ivr ivrs | Pattern={.imagePattern}, Skip={.skip}, Deny={.deny}
Infos.cluster.talos.dev | cluster | info | Cluster ID={.clusterId}, Cluster Name={.clusterName}
KernelCmdlines.runtime.talos.dev | runtime | cmdline kernelcmdline kc kcs | Cmdline={.cmdline}
KernelModuleSpecs.runtime.talos.dev | runtime | kernelmodulespec kms |
KernelParamDefaultSpecs.runtime.talos.dev | runtime | kernelparamdefaultspec kpds |
KernelParamSpecs.runtime.talos.dev | runtime | kernelparamspec kps |
KernelParamStatuses.runtime.talos.dev | runtime | sysctls kernelparameters kernelparams kernelparamstatus kps | Current={.current}, Default={.default}, Unsupported={.unsupported}
KmsgLogConfigs.runtime.talos.dev | runtime | kmsglogconfig klc klcs |
KubePrismConfigs.kubernetes.talos.dev | k8s | kubeprismconfig kpc kpcs | Host={.host}, Port={.port}, Endpoints={.endpoints}
KubePrismEndpoints.kubernetes.talos.dev | k8s | kubeprismendpoint kpe kpes | Hosts={.endpoints[*].host}, Ports={.endpoints[*].port}
KubePrismStatuses.kubernetes.talos.dev | k8s | kubeprismstatus kps | HOST={.host}, HEALTHY={.healthy}
KubeSpanConfigs.kubespan.talos.dev! | config | kubespanconfig ksc kscs |
KubeSpanEndpoints.kubespan.talos.dev | kubespan | kubespanendpoint kse kses | Endpoint={.endpoint}, Affiliate ID={.affiliateID}
KubeSpanIdentities.kubespan.talos.dev! | kubespan | kubespanidentity ksi ksis | Address={.address}, PublicKey={.publicKey}
KubeSpanPeerSpecs.kubespan.talos.dev | kubespan | kubespanpeerspec ksps | Label={.label}, Endpoints={.endpoints}
KubeSpanPeerStatuses.kubespan.talos.dev | kubespan | kubespanpeerstatus ksps | Label={.label}, Endpoint={.endpoint}, State={.state}, Rx={.receiveBytes}, Tx={.transmitBytes}
KubeletConfigs.kubernetes.talos.dev | k8s | kubeletconfig kc kcs |
KubeletKubeconfigs.kubernetes.talos.dev | k8s | kubeletkubeconfig kk kks | Hash={.hash}
KubeletLifecycles.kubernetes.talos.dev | k8s | kubeletlifecycle kl kls |
KubeletSecrets.secrets.talos.dev! | secrets | kubeletsecret ks |
KubeletSpecs.kubernetes.talos.dev | k8s | kubeletspec ks |
KubernetesAccessConfigs.cluster.talos.dev | config | kubernetesaccessconfig kac kacs |
KubernetesDynamicCerts.secrets.talos.dev! | secrets | kubernetesdynamiccert kdc kdcs |
KubernetesRootSecrets.secrets.talos.dev! | secrets | kubernetesrootsecret krs |
KubernetesSecrets.secrets.talos.dev! | secrets | kubernetessecret ks |
LinkAliasSpecs.net.talos.dev | network | linkaliasspec las | Alias={.alias}
LinkRefreshes.net.talos.dev | network | linkrefresh lr lrs |
LinkSpecs.net.talos.dev! | network | linkspec ls |
LinkStatuses.net.talos.dev | network | link links linkstatus ls | Alias={.alias}, Type={.type}, Kind={.kind}, Hw Addr={.hardwareAddr}, Oper State={.operationalState}, Link State={.linkState}
LoadedKernelModules.runtime.talos.dev | runtime | module modules loadedkernelmodule lkm lkms | State={.state}
MachineConfigs.config.talos.dev! | config | machineconfig mc mcs |
MachineResetSignals.runtime.talos.dev | runtime | machineresetsignal mrs |
MachineStatuses.runtime.talos.dev | runtime | machinestatus ms | Stage={.stage}, Ready={.status.ready}
MachineTypes.config.talos.dev | config | machinetype mt mts | Type={@}
MaintenanceRootSecrets.secrets.talos.dev! | secrets | maintenancerootsecret mrs |
MaintenanceServiceConfigs.runtime.talos.dev | runtime | maintenanceserviceconfig msc mscs |
MaintenanceServiceRequests.runtime.talos.dev | runtime | maintenanceservicerequest msr msrs |
ManifestStatuses.kubernetes.talos.dev | controlplane | manifeststatus ms |
Manifests.kubernetes.talos.dev | controlplane | manifest |
Members.cluster.talos.dev | cluster | member | Hostname={.hostname}, Machine Type={.machineType}, OS={.operatingSystem}, Addresses={.addresses}
MemoryModules.hardware.talos.dev | hardware | memorymodules ram memorymodule mm mms | Manufacturer={.manufacturer}, Model={.productName}, SizeMiB={.sizeMiB}
MemoryStats.perf.talos.dev | perf | memorystat ms | Used={.used}, Total={.total}
MetaKeys.runtime.talos.dev | runtime | meta metakey mk mks | Value={.value}
MetaLoads.runtime.talos.dev | runtime | metaload ml mls | Done={.done}
MountRequests.block.talos.dev | runtime | mountrequest mr mrs | Volume={.volumeID}, Parent={.parentID}, Requesters={.requesters}
MountStatuses.block.talos.dev | runtime | mountstatus ms | Source={.source}, Target={.target}, Filesystem={.filesystem}, Volume={.spec.volumeID}
MountStatuses.runtime.talos.dev | runtime | mounts | Source={.source}, Target={.target}, Filesystem Type={.filesystemType}
Namespaces.meta.cosi.dev | meta | ns namespace |
NetworkStatuses.net.talos.dev | network | netstatus netstatuses networkstatus ns | Address={.addressReady}, Connectivity={.connectivityReady}, Hostname={.hostnameReady}, Etc={.etcFilesReady}
NfTablesChains.net.talos.dev | network | chain chains nftableschain ntc ntcs | Type={.type}, Hook={.hook}, Priority={.priority}, Policy={.policy}
NodeAddressFilters.net.talos.dev | network | nodeaddressfilter naf nafs | Include Subnets={.includeSubnets}, Exclude Subnets={.excludeSubnets}
NodeAddressSortAlgorithms.net.talos.dev | network | nodeaddresssortalgorithm nasa nasas | Algorithm={.algorithm}
NodeAddresses.net.talos.dev | network | nodeaddress na nas | Addresses={.addresses}, SortAlgorithm={.sortAlgorithm}
NodeAnnotationSpecs.k8s.talos.dev! | k8s | nodeannotationspec nas | Value={.value}
NodeCordonedSpecs.k8s.talos.dev! | k8s | nodecordonedspec ncs |
NodeIPConfigs.kubernetes.talos.dev | k8s | nodeipconfig nipc nipcs |
NodeIPs.kubernetes.talos.dev | k8s | nodeip nip nips |
NodeLabelSpecs.k8s.talos.dev! | k8s | nodelabelspec nls | Value={.value}
NodeStatuses.kubernetes.talos.dev | k8s | nodestatus ns | Ready={.nodeReady}, Unschedulable={.unschedulable}
NodeTaintSpecs.k8s.talos.dev! | k8s | nodetaintspec nts | Effect={.effect}, Value={.value}
Nodenames.kubernetes.talos.dev | k8s | nodename | Nodename={.nodename}
OOMActions.talos.dev! | runtime | oomaction oomactions oomaction ooma oomas | Time={.time}, Score={.score}
OSRootSecrets.secrets.talos.dev! | secrets | osrootsecret osrs |
OperatorSpecs.net.talos.dev! | network | operatorspec os |
PCIDevices.hardware.talos.dev | hardware | devices device pcidevice pcid pcids | Class={.class}, Subclass={.subclass}, Vendor={.vendor}, Product={.product}
PCIDriverRebindConfigs.runtime.talos.dev | hardware | pcidriverrebindconfig pcidrc pcidrcs | Name={.name}, PCI ID={.pciID}, TargetDriver={.targetDriver}
PCIDriverRebindStatuses.runtime.talos.dev | hardware | pcidriverrebinds pcidriverrebindstatus pcidrs | Name={.name}, PCI ID={.pciID}, TargetDriver={.targetDriver}
PCRStatuses.hardware.talos.dev | hardware | pcrstatus pcrs |
PKIStatuses.etcd.talos.dev | etcd | pkistatus pkis | Ready={.ready}, Secrets Version={.version}
PlatformConfigs.net.talos.dev | network | platformconfig pc pcs |
PlatformMetadatas.talos.dev | runtime | platformmetadata pm pms | Platform={.platform}, Type={.instanceType}, Region={.region}, Zone={.zone}
ProbeSpecs.net.talos.dev | network | probespec ps |
ProbeStatuses.net.talos.dev | network | probe probes probestatus ps | Success={.success}
Processors.hardware.talos.dev | hardware | cpus cpu processor | Manufacturer={.manufacturer}, Model={.productName}, Cores={.coreCount}, Threads={.threadCount}
RegistryConfigs.cri.talos.dev | cri | registryconfig rc rcs |
ResolverSpecs.net.talos.dev | network | resolverspec rs | Layer={.layer}, Resolvers={.dnsServers}, Search Domains={.searchDomains}
ResolverStatuses.net.talos.dev | network | resolvers resolverstatus rs | Resolvers={.dnsServers}, Search Domains={.searchDomains}
ResourceDefinitions.meta.cosi.dev | meta | api-resources resourcedefinition rd rds | Aliases={.aliases[:]}
RouteSpecs.net.talos.dev | network | routespec rs |
RouteStatuses.net.talos.dev | network | route routes routestatus rs | Destination={.dst}, Gateway={.gateway}, Link={.outLinkName}, Metric={.priority}
RoutingRuleSpecs.net.talos.dev | network | routingrulespec rrs |
RoutingRuleStatuses.net.talos.dev | network | routingrule routingrules routingrulestatus rrs | Src={.src}, Dst={.dst}, Table={.table}, Priority={.priority}
SBOMItems.talos.dev | runtime | sbom sboms sbomitem sbomi sbomis | Version={.version}, License={.license}, Extension={.extension}
SchedulerConfigs.kubernetes.talos.dev | controlplane | schedulerconfig sc scs |
SeccompProfiles.cri.talos.dev | cri | seccompprofile sp sps |
SecretStatuses.kubernetes.talos.dev | controlplane | secretstatus ss | Ready={.ready}, Secrets Version={.version}
SecurityStates.talos.dev | runtime | securitystate ss | SecureBoot={.secureBoot}, UKISigningKeyFingerprint={.ukiSigningKeyFingerprint}, PCRSigningKeyFingerprint={.pcrSigningKeyFingerprint}, SELinuxState={.selinuxState}, ModuleSignatureEnforced={.moduleSignatureEnforced}
ServicePIDs.runtime.talos.dev | runtime | servicepid spid spids | PID={.pid}
Services.v1alpha1.talos.dev | runtime | svc service | Running={.running}, Healthy={.healthy}, Health Unknown={.unknown}
SiderolinkConfigs.siderolink.talos.dev! | config | siderolinkconfig sc scs | API Endpoint={.apiEndpoint}, Tunnel={.tunnel}
SiderolinkStatuses.siderolink.talos.dev | config | siderolinkstatus ss | Host={.host}, Connected={.connected}
SiderolinkTunnels.siderolink.talos.dev! | config | siderolinktunnel st sts | API Endpoint={.apiEndpoint}, Link name={.linkName}, MTU={.mtu}, Node address={.nodeAddress}
StaticPodServerStatuses.kubernetes.talos.dev | k8s | staticpodserverstatus spss |
StaticPodStatuses.kubernetes.talos.dev | k8s | podstatus staticpodstatus sps | Ready={.conditions[?(@.type=="Ready")].status}
StaticPods.kubernetes.talos.dev | k8s | staticpod sp sps |
SwapStatuses.block.talos.dev | runtime | swap swaps swapstatus ss | Device={.device}, Size={.sizeHuman}, Used={.usedHuman}, Priority={.priority}
SystemDisks.block.talos.dev | runtime | systemdisk sd sds | Disk={.diskID}
SystemInformations.hardware.talos.dev | hardware | systeminformation systeminformation si sis | Manufacturer={.manufacturer}, ProductName={.productName}, Version={.version}, SerialNumber={.serialnumber}, UUID={.uuid}, WakeUpType={.wakeUpType}, SKUNumber={.skuNumber}
TUFTrustedRoots.security.talos.dev | security | tuftrustedroot tuftr tuftrs | Last Refresh={.lastRefreshTime}
TimeServerSpecs.net.talos.dev | network | timeserverspec tss |
TimeServerStatuses.net.talos.dev | network | timeserver timeservers timeserverstatus tss | Timeservers={.timeServers}
TimeStatuses.v1alpha1.talos.dev | runtime | timestatus ts | Synced={.synced}
TrustdCertificates.secrets.talos.dev! | secrets | trustdcertificate tc tcs |
UniqueMachineTokens.runtime.talos.dev | runtime | uniquemachinetoken umt umts | Token={.token}
UserDiskConfigStatuses.block.talos.dev | runtime | userdiskconfigstatus udcs | Ready={.ready}
Versions.runtime.talos.dev | runtime | version | Name={.name}, Version={.version}
VolumeConfigs.block.talos.dev! | runtime | volumeconfig vc vcs |
VolumeLifecycles.block.talos.dev | runtime | volumelifecycle vl vls |
VolumeMountRequests.block.talos.dev | runtime | volumemountrequest vmr vmrs | Volume ID={.volumeID}, Requester={.requester}
VolumeMountStatuses.block.talos.dev | runtime | volumemountstatus vms | Volume ID={.volumeID}, Requester={.requester}, Target={.target}
VolumeStatuses.block.talos.dev | runtime | volumestatus vs | Type={.type}, Phase={.phase}, Location={.location}, Size={.prettySize}
WatchdogTimerConfigs.runtime.talos.dev | runtime | watchdogtimerconfig wtc wtcs | Device={.device}, Timeout={.timeout}
WatchdogTimerStatuses.runtime.talos.dev | runtime | watchdogtimerstatus wts | Device={.device}, Timeout={.timeout}
ZswapStatuses.block.talos.dev | runtime | zswapstatus zs | Total Size={.totalSizeHuman}, Stored Pages={.storedPages}, Written Back={.writtenBackPages}, Pool Limit Hit={.poolLimitHit}
`;

const skipsAutomaticAliases = new Set(['MountStatuses.runtime.talos.dev']);

/** What the table output calls one resource of a type. */
function singular(plural: string): string {
  if (/(Statuses|Addresses|Refreshes|Caches)$/.test(plural)) return plural.slice(0, -2);
  if (plural.endsWith('ies')) return `${plural.slice(0, -3)}y`;
  return plural.endsWith('s') ? plural.slice(0, -1) : plural;
}

export interface ResourceDefinition {
  type: string;
  displayType: string;
  namespace: string;
  aliases: string[];
  allAliases: string[];
  columns: { name: string; jsonPath: string }[];
  sensitive: boolean;
}

export const definitions: readonly ResourceDefinition[] = table.trim().split('\n').map(read);

function read(line: string): ResourceDefinition {
  const [marked = '', namespace = '', aliases = '', columns = ''] = line.split('|').map((part) => part.trim());
  const type = marked.replace('!', '');
  const words = type.toLowerCase().split('.');
  const automatic = words.slice(0, -1).map((_, index) => words.slice(0, index + 1).join('.'));
  const own = aliases === '' ? [] : aliases.split(' ');
  return {
    type,
    displayType: singular(type.slice(0, type.indexOf('.'))),
    namespace,
    aliases: own,
    allAliases: [...(skipsAutomaticAliases.has(type) ? [] : automatic), ...own],
    columns: columns === '' ? [] : columns.split(', ').map(column),
    sensitive: marked.endsWith('!'),
  };
}

/** `Oper State={.operationalState}` */
function column(text: string): { name: string; jsonPath: string } {
  const at = text.indexOf('=');
  return { name: text.slice(0, at), jsonPath: text.slice(at + 1) };
}

const byType = new Map(definitions.map((definition) => [definition.type.toLowerCase(), definition]));

/** The definition of a type, by its full name. */
export function definitionOf(type: string): ResourceDefinition | undefined {
  return byType.get(type.toLowerCase());
}

export const namespaces: readonly string[] = [
  ...new Set(definitions.map(({ namespace }) => namespace)),
  'config',
  'network-config',
  'default',
];
