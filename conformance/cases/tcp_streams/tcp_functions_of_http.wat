;;! title = "What is TCP's, asked in an HTTP stream"
;;! spec = "functions by context"
;;! abi = ["0.2.0", "0.2.1"]
;;! dialogue = [
;;!   { request = { method = "POST", body = ["body"] } },
;;!   { response = {} },
;;! ]
(module {{prelude}}
  (func {{export proxy_on_request_body}}
    {{proxy_get_buffer_bytes DOWNSTREAM_DATA 0 100}}
    {{proxy_get_buffer_status UPSTREAM_DATA}}
    {{proxy_set_buffer_bytes DOWNSTREAM_DATA 0 0 "x"}}
    {{proxy_continue_stream DOWNSTREAM}}
    {{proxy_continue_stream UPSTREAM}}
    {{proxy_close_stream DOWNSTREAM}}
    {{proxy_close_stream UPSTREAM}}
    {{CONTINUE}}))
