;; Reads each piece of the request's body, of 4 KiB.
(module
  {{imports}} {{marker}} {{memory}} {{data}}

  (global $heap (mut i32) (i32.const 0x8000))
  (func (export "malloc") (param $size i32) (result i32)
    (global.get $heap)
    (global.set $heap (i32.add (global.get $heap) (local.get $size))))

  (func {{export proxy_on_context_create}})
  (func {{export proxy_on_request_headers}} (i32.const 0))
  (func {{export proxy_on_request_body}}
    ;; Nothing outlives a piece.
    (global.set $heap (i32.const 0x8000))
    (if {{result proxy_get_buffer_bytes HTTP_REQUEST_BODY 0 4096}} (then (unreachable)))
    (i32.const 0))
  (func {{export proxy_on_response_headers}} (i32.const 0))
  (func {{export proxy_on_log}})
  (func {{export proxy_on_done}} (i32.const 1))
  (func {{export proxy_on_delete}}))
