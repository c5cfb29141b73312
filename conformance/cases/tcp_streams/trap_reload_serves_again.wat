;;! title = "After a trap under the policy reload, the next connection is served by a new VM"
;;! spec = "failure_policy"
;;! abi = ["0.2.1"]
;;! plugin = [{ name = "plugin", failure_policy = "reload" }]
;;! dialogue = [
;;!   { connect = true },
;;!   { downstream_data = { data = "bad" } },
;;!   { advance = 2000 },
;;!   { connect = true },
;;!   { downstream_data = { data = "good" } },
;;! ]
(module {{prelude}}
  (func {{export proxy_on_downstream_data}}
    (if (i32.eq (local.get $data_size) (i32.const 3)) (then (unreachable)))
    {{CONTINUE}}))
