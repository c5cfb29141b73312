;;! title = "Values survive a VM that is started anew"
;;! spec = "proxy_set_shared_data"
;;! abi = ["0.1.0", "0.2.0", "0.2.1"]
;;! plugin = [{ name = "plugin", failure_policy = "reload" }]
;;! dialogue = [{ advance = 2000 }, { stream = "a", request = {} }, { stream = "b", request = {} }]
(module {{prelude}}
  (func {{export proxy_on_configure}}
    {{proxy_get_shared_data "k"}}
    {{proxy_set_shared_data "k" "v" 0}}
    (i32.const 1))
  (func {{export proxy_on_request_headers}}
    (unreachable)))
