/**
 * The part of the Talos API that the simulator serves: field names, numbers and types are the interface by which
 * talosctl speaks to a node (`api/` of the Talos repository, and `cosi.resource` of the COSI runtime).
 */
export const protoText = `
syntax = "proto3";
package talos;

message Any { string type_url = 1; bytes value = 2; }
message Empty {}
message Timestamp { int64 seconds = 1; int32 nanos = 2; }
message Duration { int64 seconds = 1; int32 nanos = 2; }
message RpcStatus { int32 code = 1; string message = 2; }

message Metadata { string hostname = 1; string error = 2; RpcStatus status = 3; }
message Data { Metadata metadata = 1; bytes bytes = 2; }
message CommonError { enum Code { FATAL = 0; LOCKED = 1; CANCELED = 2; } Code code = 1; string message = 2; }
message CommonEmpty { Metadata metadata = 1; }
message CommonEmptyResponse { repeated CommonEmpty messages = 1; }

message ApplyConfigurationRequest {
  enum Mode { REBOOT = 0; AUTO = 1; NO_REBOOT = 2; STAGED = 3; TRY = 4; }
  bytes data = 1; Mode mode = 4; bool dry_run = 5; Duration try_mode_timeout = 6;
}
message ApplyConfiguration {
  Metadata metadata = 1; repeated string warnings = 2; ApplyConfigurationRequest.Mode mode = 3; string mode_details = 4;
}
message ApplyConfigurationResponse { repeated ApplyConfiguration messages = 1; }

message RebootRequest { enum Mode { DEFAULT = 0; POWERCYCLE = 1; FORCE = 2; } Mode mode = 1; }
message Action { Metadata metadata = 1; string actor_id = 2; }
message ActionResponse { repeated Action messages = 1; }
message BootstrapRequest { bool recover_etcd = 1; bool recover_skip_hash_check = 2; }
message ResetPartitionSpec { string label = 1; bool wipe = 2; }
message ResetRequest {
  enum WipeMode { ALL = 0; SYSTEM_DISK = 1; USER_DISKS = 2; }
  bool graceful = 1; bool reboot = 2; repeated ResetPartitionSpec system_partitions_to_wipe = 3;
  repeated string user_disks_to_wipe = 4; WipeMode mode = 5;
}
message ShutdownRequest { bool force = 1; }

message SequenceEvent {
  enum Action { NOOP = 0; START = 1; STOP = 2; }
  string sequence = 1; Action action = 2; CommonError error = 3;
}
message PhaseEvent { enum Action { START = 0; STOP = 1; } string phase = 1; Action action = 2; }
message TaskEvent { enum Action { START = 0; STOP = 1; } string task = 1; Action action = 2; }
message ServiceStateEvent {
  enum Action { INITIALIZED = 0; PREPARING = 1; WAITING = 2; RUNNING = 3; STOPPING = 4; FINISHED = 5; FAILED = 6; SKIPPED = 7; STARTING = 8; }
  string service = 1; Action action = 2; string message = 3; ServiceHealth health = 4;
}
message MachineStatusEvent {
  message MachineStatus {
    message UnmetCondition { string name = 1; string reason = 2; }
    bool ready = 1; repeated UnmetCondition unmet_conditions = 2;
  }
  enum MachineStage { UNKNOWN = 0; BOOTING = 1; INSTALLING = 2; MAINTENANCE = 3; RUNNING = 4; REBOOTING = 5; SHUTTING_DOWN = 6; RESETTING = 7; UPGRADING = 8; }
  MachineStage stage = 1; MachineStatus status = 2;
}
message EventsRequest { int32 tail_events = 1; string tail_id = 2; int32 tail_seconds = 3; string with_actor_id = 4; }
message Event { Metadata metadata = 1; Any data = 2; string id = 3; string actor_id = 4; }

message ServiceList { Metadata metadata = 1; repeated ServiceInfo services = 2; }
message ServiceListResponse { repeated ServiceList messages = 1; }
message ServiceInfo { string id = 1; string state = 2; ServiceEvents events = 3; ServiceHealth health = 4; }
message ServiceEvents { repeated ServiceEvent events = 1; }
message ServiceEvent { string msg = 1; string state = 2; Timestamp ts = 3; }
message ServiceHealth { bool unknown = 1; bool healthy = 2; string last_message = 3; Timestamp last_change = 4; }
message ServiceRequest { string id = 1; }
message ServiceReply { Metadata metadata = 1; string resp = 2; }
message ServiceReplyResponse { repeated ServiceReply messages = 1; }

message ListRequest { string root = 1; bool recurse = 2; int32 recursion_depth = 3; repeated int32 types = 4; bool report_xattrs = 5; }
message FileInfo {
  Metadata metadata = 1; string name = 2; int64 size = 3; uint32 mode = 4; int64 modified = 5; bool is_dir = 6; string error = 7;
  string link = 8; string relative_name = 9; uint32 uid = 10; uint32 gid = 11;
}
message LogsRequest { string namespace = 1; string id = 2; int32 driver = 3; bool follow = 4; int32 tail_lines = 5; }
message LogsContainer { Metadata metadata = 1; repeated string ids = 2; }
message LogsContainersResponse { repeated LogsContainer messages = 1; }
message ReadRequest { string path = 1; }
message DmesgRequest { bool follow = 1; bool tail = 2; }

message Version { Metadata metadata = 1; VersionInfo version = 2; PlatformInfo platform = 3; FeaturesInfo features = 4; }
message VersionResponse { repeated Version messages = 1; }
message VersionInfo { string tag = 1; string sha = 2; string built = 3; string go_version = 4; string os = 5; string arch = 6; }
message PlatformInfo { string name = 1; string mode = 2; }
message FeaturesInfo { bool rbac = 1; }
message Hostname { Metadata metadata = 1; string hostname = 2; }
message HostnameResponse { repeated Hostname messages = 1; }
message MemInfo { uint64 memtotal = 1; uint64 memfree = 2; uint64 memavailable = 3; uint64 buffers = 4; uint64 cached = 5; }
message Memory { Metadata metadata = 1; MemInfo meminfo = 2; }
message MemoryResponse { repeated Memory messages = 1; }

message EtcdMemberListRequest { bool query_local = 1; }
message EtcdMember { uint64 id = 2; string hostname = 3; repeated string peer_urls = 4; repeated string client_urls = 5; bool is_learner = 6; }
message EtcdMembers { Metadata metadata = 1; repeated string legacy_members = 2; repeated EtcdMember members = 3; }
message EtcdMemberListResponse { repeated EtcdMembers messages = 1; }
message EtcdRemoveMemberByIDRequest { uint64 member_id = 1; }
message EtcdForfeitLeadership { Metadata metadata = 1; string member = 2; }
message EtcdForfeitLeadershipResponse { repeated EtcdForfeitLeadership messages = 1; }
message EtcdMemberStatus {
  string storage_version = 11; uint64 member_id = 10; string protocol_version = 1; int64 db_size = 2; int64 db_size_in_use = 3;
  uint64 leader = 4; uint64 raft_index = 5; uint64 raft_term = 6; uint64 raft_applied_index = 7; repeated string errors = 8; bool is_learner = 9;
}
message EtcdStatus { Metadata metadata = 1; EtcdMemberStatus member_status = 2; }
message EtcdStatusResponse { repeated EtcdStatus messages = 1; }

message HealthCheckRequest { Duration wait_timeout = 1; ClusterInfo cluster_info = 2; }
message ClusterInfo { repeated string control_plane_nodes = 1; repeated string worker_nodes = 2; string force_endpoint = 3; }
message HealthCheckProgress { Metadata metadata = 1; string message = 2; }

message Disk {
  enum DiskType { UNKNOWN = 0; SSD = 1; HDD = 2; NVME = 3; SD = 4; CD = 5; }
  uint64 size = 1; string model = 2; string device_name = 3; string name = 4; string serial = 5; string modalias = 6; string uuid = 7;
  string wwid = 8; DiskType type = 9; string bus_path = 10; bool system_disk = 11; string subsystem = 12; bool readonly = 13;
}
message Disks { Metadata metadata = 1; repeated Disk disks = 2; }
message DisksResponse { repeated Disks messages = 1; }
message BlockDeviceWipeRequest { repeated BlockDeviceWipeDescriptor devices = 1; }
message BlockDeviceWipeDescriptor {
  enum Method { FAST = 0; ZEROES = 1; }
  string device = 1; Method method = 2; bool skip_volume_check = 3; bool skip_secondary_check = 5; bool drop_partition = 4;
}
message Time { Metadata metadata = 1; string server = 2; Timestamp localtime = 3; Timestamp remotetime = 4; }
message TimeRequest { string server = 1; }
message TimeResponse { repeated Time messages = 1; }

message ResourceMetadata {
  string namespace = 1; string type = 2; string id = 3; string version = 4; string owner = 5; string phase = 6; Timestamp created = 7;
  Timestamp updated = 8; repeated string finalizers = 9; map<string, string> annotations = 11; map<string, string> labels = 10;
}
message Spec { bytes proto_spec = 1; string yaml_spec = 2; }
message Resource { ResourceMetadata metadata = 1; Spec spec = 2; }
message LabelTerm { string key = 1; int32 op = 2; repeated string value = 3; bool invert = 5; }
message LabelQuery { repeated LabelTerm terms = 1; }
message IDQuery { string regexp = 1; }
message GetRequest { string namespace = 1; string type = 2; string id = 3; }
message GetResponse { Resource resource = 1; }
message ListOptions { repeated LabelQuery label_query = 1; IDQuery id_query = 2; }
message ResourceListRequest { string namespace = 1; string type = 2; ListOptions options = 3; }
message WatchOptions {
  bool bootstrap_contents = 1; int32 tail_events = 2; repeated LabelQuery label_query = 3; IDQuery id_query = 4; bool aggregated = 5;
  bool bootstrap_bookmark = 7;
}
message WatchRequest { string namespace = 1; string type = 2; optional string id = 3; WatchOptions options = 4; int32 api_version = 5; }
message WatchEvent {
  enum EventType { CREATED = 0; UPDATED = 1; DESTROYED = 2; BOOTSTRAPPED = 3; ERRORED = 4; NOOP = 5; }
  Resource resource = 1; EventType event_type = 2; Resource old = 3; optional string error = 4;
}
message WatchResponse { repeated WatchEvent event = 1; }
message ResourceDefinitionSpec {
  message PrintColumn { string name = 1; string json_path = 2; }
  string resource_type = 1; string display_type = 2; string default_namespace = 3; repeated string aliases = 4;
  repeated string all_aliases = 5; repeated PrintColumn print_columns = 6; int32 sensitivity = 7;
}
message MachineStatusSpec { int32 stage = 1; MachineStatusEvent.MachineStatus status = 2; }
`;
