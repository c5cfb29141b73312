;;! title = "A request that is held is answered from another stream"
;;! spec = "proxy_send_local_response"
;;! abi = ["0.2.0", "0.2.1"]
;;! dialogue = [{ stream = "a", request = {} }, { stream = "b", request = {} }, { stream = "a", wake = true }]
(module {{prelude}}
  (func {{export proxy_on_request_headers}}
    (if (i32.eq (local.get $context_id) (i32.const 2)) (then (return {{PAUSE}})))
    {{proxy_set_effective_context 2}}
    {{proxy_send_local_response 403 "" "denied" "" -1}}
    {{CONTINUE}}))
