;;! title = "Answers to streams asked for while configuring are not kept"
;;! spec = "6.1 Load"
;;! abi = ["0.2.1"]
;;! dialogue = [{ request = {} }]
(module {{prelude}}
  (func {{export proxy_on_configure}}
    {{proxy_continue_stream HTTP_REQUEST}}
    {{proxy_send_local_response 403 "" "" "" -1}}
    (i32.const 1))
  (func {{export proxy_on_request_headers}}
    (nop)
    {{CONTINUE}}))
