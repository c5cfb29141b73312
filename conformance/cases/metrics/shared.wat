;;! title = "All VMs share the metrics, but each has its own ids"
;;! spec = "proxy_define_metric"
;;! abi = ["0.1.0", "0.2.0", "0.2.1"]
;;! plugin = [
;;!   { name = "one", configuration = "x", vm = { vm_id = "a" } },
;;!   { name = "other", configuration = "x", vm = { vm_id = "b" } },
;;!   { name = "elsewhere", configuration = "x", vm = { vm_id = "a" }, worker = 1 },
;;!   { name = "with its own", vm = { vm_id = "c" } },
;;! ]
;;! dialogue = [{ metrics = true }]
(module {{prelude}}
  (func {{export proxy_on_configure}}
    (if (i32.eqz (local.get $plugin_configuration_size)) (then {{proxy_define_metric COUNTER "own"}}))
    {{proxy_define_metric COUNTER "common"}}
    {{proxy_increment_metric 4 1}}
    {{proxy_get_metric 4}}
    (i32.const 1)))
