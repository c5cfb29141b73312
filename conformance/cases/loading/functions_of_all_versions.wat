;;! title = "A module of any version may import the functions of all"
;;! spec = "1.2 Differences, function by function"
;;! abi = ["0.1.0", "0.2.0", "0.2.1", "vnext"]
;;! vm = { configuration = "of the VM" }
(module {{prelude}}
  (func {{export proxy_on_vm_start}}
    ;; Only 0.1.0.
    {{proxy_get_configuration}}
    ;; 0.2.0 and 0.2.1.
    {{proxy_get_buffer_bytes VM_CONFIGURATION 0 100}}
    ;; Only 0.2.1.
    {{proxy_get_log_level}}
    ;; Only the draft.
    {{proxy_get_buffer VM_CONFIGURATION 0 100}}
    {{proxy_get_current_time}}
    (i32.const 1))
  (func {{export proxy_on_request_headers}}
    {{proxy_clear_route_cache}}
    {{proxy_get_map_value HTTP_REQUEST_HEADERS ":path"}}
    {{proxy_get_header_map_value HTTP_REQUEST_HEADERS "missing"}}
    {{proxy_continue_request}}
    {{proxy_continue_stream HTTP_REQUEST}}
    {{proxy_resume_http_request}}
    {{CONTINUE}}))
