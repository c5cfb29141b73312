;;! title = "A queue is found by vm_id and name; an empty vm_id is the own one"
;;! spec = "proxy_resolve_shared_queue"
;;! abi = ["0.1.0", "0.2.0", "0.2.1"]
;;! plugin = [
;;!   { name = "one", vm = { vm_id = "a" } },
;;!   { name = "other", vm = { vm_id = "b" } },
;;! ]
;;! dialogue = []
(module {{prelude}}
  (func {{export proxy_on_configure}}
    {{proxy_resolve_shared_queue "a" "q"}}
    {{proxy_resolve_shared_queue "" "q"}}
    {{proxy_register_shared_queue "q"}}
    {{proxy_resolve_shared_queue "a" "q"}}
    {{proxy_resolve_shared_queue "" "q"}}
    {{proxy_resolve_shared_queue "" "other"}}
    {{proxy_resolve_shared_queue "c" "q"}}
    {{proxy_resolve_shared_queue "\ff" "q"}}
    (i32.const 1)))
