;;! title = "Bytes held before a trap, and those of the trap itself, go on under the policy open, with what the plugin has changed"
;;! spec = "failure_policy"
;;! abi = ["0.2.0", "0.2.1"]
;;! plugin = [{ name = "plugin", failure_policy = "open" }]
;;! dialogue = [
;;!   { connect = true },
;;!   { downstream_data = { data = "one" } },
;;!   { downstream_data = { data = "three" } },
;;!   { downstream_data = { data = "four" } },
;;! ]
(module {{prelude}}
  (func {{export proxy_on_downstream_data}}
    {{proxy_set_buffer_bytes DOWNSTREAM_DATA 0 0 "+"}}
    (if (i32.gt_u (local.get $data_size) (i32.const 3)) (then (unreachable)))
    {{PAUSE}}))
