;;! title = "An HTTP stream and a TCP connection of one VM resume each other"
;;! spec = "proxy_set_effective_context"
;;! abi = ["0.2.0", "0.2.1"]
;;! dialogue = [
;;!   { stream = "tcp", connect = true },
;;!   { stream = "tcp", downstream_data = { data = "held" } },
;;!   { stream = "http", request = {} },
;;!   { stream = "tcp", wake = true },
;;!   { stream = "tcp", downstream_data = { data = "again" } },
;;!   { stream = "http", wake = true },
;;! ]
(module {{prelude}}
  (func {{export proxy_on_downstream_data}}
    (if (i32.eq (local.get $data_size) (i32.const 4)) (then (return {{PAUSE}})))
    {{proxy_set_effective_context 3}}
    {{proxy_continue_stream HTTP_REQUEST}}
    {{CONTINUE}})
  (func {{export proxy_on_request_headers}}
    {{proxy_set_effective_context 2}}
    {{proxy_get_buffer_bytes DOWNSTREAM_DATA 0 100}}
    {{proxy_continue_stream DOWNSTREAM}}
    {{PAUSE}}))
