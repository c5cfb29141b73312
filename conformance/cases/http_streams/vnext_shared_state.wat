;;! title = "The draft: shared data, queues, metrics and timers are those of every version, and so are their callbacks"
;;! spec = "proxy_on_queue_ready"
;;! abi = ["vnext"]
;;! vm = { vm_id = "vm" }
;;! dialogue = [{ advance = 100 }, { mail = true }, { request = {} }, { response = {} }]
(module {{prelude}}
  (func {{export proxy_on_configure}}
    {{proxy_set_tick_period 100}}
    {{proxy_set_shared_data "key" "value" 0}}
    {{proxy_get_shared_data "key"}}
    {{proxy_register_shared_queue "queue"}}
    {{proxy_resolve_shared_queue_of_own_vm "queue"}}
    {{proxy_define_metric COUNTER "counter"}}
    (i32.const 1))
  (func {{export proxy_on_tick}}
    {{proxy_set_tick_period 0}}
    {{proxy_enqueue_shared_queue 1 "item"}})
  (func {{export proxy_on_queue_ready}}
    {{proxy_dequeue_shared_queue $queue_id}}
    {{proxy_dequeue_shared_queue $queue_id}})
  (func {{export proxy_on_http_request_headers}}
    ;; The first counter of a VM has the id 4.
    {{proxy_increment_metric 4 2}}
    {{proxy_record_metric 4 3}}
    {{proxy_get_metric 4}}
    {{CONTINUE}}))
