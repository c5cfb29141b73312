;;! title = "The answer passes the response callbacks of the filters that saw the request, last first"
;;! spec = "proxy_send_local_response"
;;! abi = ["0.2.1"]
;;! plugin = [{ name = "first" }, { name = "second" }, { name = "third" }]
(module {{prelude}}
  (func {{export proxy_on_request_headers}}
    (if (i32.eq (local.get $context_id) (i32.const 5)) (then {{proxy_send_local_response 403 "" "denied" "" -1}}))
    {{CONTINUE}})
  (func {{export proxy_on_response_headers}}
    {{proxy_add_header_map_value HTTP_RESPONSE_HEADERS "x-seen" "yes"}}
    {{CONTINUE}})
  (func {{export proxy_on_context_create}}
    (nop)))
