;;! title = "Another stream of the VM can be read, and its held headers written"
;;! spec = "proxy_set_effective_context"
;;! abi = ["0.2.0", "0.2.1"]
;;! dialogue = [
;;!   { stream = "a", request = { path = "/a" } },
;;!   { stream = "b", request = { path = "/b" } },
;;!   { stream = "a", wake = true },
;;!   { stream = "a", response = {} },
;;!   { stream = "b", response = {} },
;;! ]
(module {{prelude}}
  (func {{export proxy_on_request_headers}}
    (if (i32.eq (local.get $context_id) (i32.const 2)) (then (return {{PAUSE}})))
    {{proxy_set_effective_context 2}}
    {{proxy_get_header_map_value HTTP_REQUEST_HEADERS ":path"}}
    {{proxy_add_header_map_value HTTP_REQUEST_HEADERS "x-from" "the other"}}
    {{proxy_continue_stream HTTP_REQUEST}}
    {{proxy_log INFO "as the first stream"}}
    {{CONTINUE}}))
