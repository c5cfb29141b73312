;;! title = "A plugin on another worker is told there"
;;! spec = "proxy_on_queue_ready"
;;! abi = ["0.1.0", "0.2.0", "0.2.1"]
;;! plugin = [
;;!   { name = "consumer", vm = { vm_id = "consumer", configuration = "x" }, worker = 1 },
;;!   { name = "producer", vm = { vm_id = "producer" } },
;;! ]
;;! dialogue = [{ request = {} }, { mail = true }, { response = {} }]
(module {{prelude}}
  (func {{export proxy_on_vm_start}}
    ;; The consumer has a configuration of the VM, the producer none.
    (if (local.get $vm_configuration_size) (then {{proxy_register_shared_queue "q"}}))
    (i32.const 1))
  (func {{export proxy_on_request_headers}}
    {{proxy_resolve_shared_queue "consumer" "q"}}
    {{proxy_enqueue_shared_queue 1 "from afar"}}
    {{CONTINUE}})
  (func {{export proxy_on_queue_ready}}
    {{proxy_dequeue_shared_queue (local.get $queue_id)}}))
