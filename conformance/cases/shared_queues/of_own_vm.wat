;;! title = "A queue of the own VM is found without a vm_id; an import means the function of its type"
;;! spec = "proxy_resolve_shared_queue"
;;! abi = ["0.1.0", "0.2.1", "vnext"]
;;! dialogue = []
(module {{prelude}}
  (func {{export proxy_on_configure}}
    {{proxy_resolve_shared_queue_of_own_vm "queue"}}
    {{proxy_register_shared_queue "queue"}}
    {{proxy_resolve_shared_queue_of_own_vm "queue"}}
    {{proxy_resolve_shared_queue_of_own_vm (i32.const -1) (i32.const 2)}}
    (i32.const 1)))
