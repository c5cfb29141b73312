;;! title = "When the VM that registered is gone, nobody is told, and the items stay"
;;! spec = "proxy_register_shared_queue"
;;! abi = ["0.1.0", "0.2.0", "0.2.1"]
;;! plugin = [
;;!   { name = "consumer", vm = { vm_id = "a", configuration = "x" } },
;;!   { name = "producer", vm = { vm_id = "a" } },
;;! ]
;;! dialogue = [{ stop = "consumer" }, { request = {} }, { mail = true }, { response = {} }]
(module {{prelude}}
  (func {{export proxy_on_vm_start}}
    (if (local.get $vm_configuration_size) (then {{proxy_register_shared_queue "q"}}))
    (i32.const 1))
  (func {{export proxy_on_request_headers}}
    {{proxy_enqueue_shared_queue 1 "a"}}
    {{CONTINUE}})
  (func {{export proxy_on_response_headers}}
    {{proxy_dequeue_shared_queue 1}}
    {{CONTINUE}})
  (func {{export proxy_on_queue_ready}}
    (unreachable)))
