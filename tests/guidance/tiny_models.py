"""Tiny models with random weights, of architectures that people use, saved as a hub would hold them.

Their tokenizers write bytes, so that True and False are four and five tokens.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch

TEXT = {
    "hidden_size": 32,
    "intermediate_size": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "num_key_value_heads": 1,
    "initializer_range": 0.3,  # wide, so that answers differ from one another
}
VISION = {
    "hidden_size": 32,
    "intermediate_size": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "image_size": 32,
    "patch_size": 8,
    "initializer_range": 0.3,
}


def save_llava(folder: Path, tokenizer: Any = None, **text: Any) -> Path:
    """LLaVA 1.5: a CLIP tower and a Llama."""
    from transformers import (
        CLIPImageProcessor,
        CLIPVisionConfig,
        LlamaConfig,
        LlavaConfig,
        LlavaForConditionalGeneration,
        LlavaProcessor,
    )

    tokenizer = tokenizer or bytes_tokenizer(["<image>"])
    side = {"height": 32, "width": 32}
    processor = LlavaProcessor(
        CLIPImageProcessor(size=side, crop_size=side),
        tokenizer,
        patch_size=8,
        vision_feature_select_strategy="default",
        num_additional_image_tokens=1,
        chat_template=plain_template("<image>\n"),
    )
    config = LlavaConfig(
        vision_config=CLIPVisionConfig(**VISION),
        text_config=LlamaConfig(**_text(tokenizer), **text),
        image_token_index=_id(tokenizer, "<image>"),
        vision_feature_layer=-1,
        image_seq_length=16,
    )
    return save(LlavaForConditionalGeneration, config, processor, folder)


def save_idefics(folder: Path) -> Path:
    """Idefics 3, which SmolVLM is; a picture becomes tiles."""
    from transformers import (
        Idefics3Config,
        Idefics3ForConditionalGeneration,
        Idefics3ImageProcessor,
        Idefics3Processor,
        LlamaConfig,
    )

    rows = [f"<row_{i}_col_{j}>" for i in range(1, 7) for j in range(1, 7)]
    tokenizer = bytes_tokenizer(["<image>", "<fake_token_around_image>", "<global-img>", *rows])
    processor = Idefics3Processor(
        Idefics3ImageProcessor(size={"longest_edge": 64}, max_image_size={"longest_edge": 32}),
        tokenizer,
        image_seq_len=1,
        chat_template=plain_template("<image>"),
    )
    config = Idefics3Config(
        vision_config=VISION,
        text_config=LlamaConfig(**_text(tokenizer)),
        scale_factor=4,
        image_token_id=_id(tokenizer, "<image>"),
        pad_token_id=tokenizer.pad_token_id,
    )
    return save(Idefics3ForConditionalGeneration, config, processor, folder)


def save_qwen(folder: Path) -> Path:
    """Qwen2-VL: a picture's tokens have positions on a grid."""
    from transformers import (
        Qwen2VLConfig,
        Qwen2VLForConditionalGeneration,
        Qwen2VLImageProcessor,
        Qwen2VLProcessor,
        Qwen2VLVideoProcessor,
    )

    tokenizer = bytes_tokenizer(["<|vision_start|>", "<|image_pad|>", "<|vision_end|>", "<|video_pad|>"])
    sizes = {"patch_size": 8, "merge_size": 2, "temporal_patch_size": 2}
    processor = Qwen2VLProcessor(
        Qwen2VLImageProcessor(min_pixels=16 * 16, max_pixels=64 * 64, **sizes),
        tokenizer,
        Qwen2VLVideoProcessor(**sizes),
        chat_template=plain_template("<|vision_start|><|image_pad|><|vision_end|>"),
    )
    text = _text(tokenizer)
    text["rope_parameters"] = {"rope_type": "default", "mrope_section": [2, 3, 3], "rope_theta": 1e4}
    config = Qwen2VLConfig(
        text_config=text,
        vision_config={
            "depth": 2,
            "embed_dim": 32,
            "hidden_size": 32,
            "num_heads": 2,
            "mlp_ratio": 2,
            "patch_size": 8,
            "spatial_merge_size": 2,
            "temporal_patch_size": 2,
            "initializer_range": 0.3,
        },
        image_token_id=_id(tokenizer, "<|image_pad|>"),
        video_token_id=_id(tokenizer, "<|video_pad|>"),
        vision_start_token_id=_id(tokenizer, "<|vision_start|>"),
        vision_end_token_id=_id(tokenizer, "<|vision_end|>"),
    )
    return save(Qwen2VLForConditionalGeneration, config, processor, folder)


def save_gemma(folder: Path) -> Path:
    """Gemma 3: a picture's tokens see each other both ways, and some layers see only a window."""
    from transformers import (
        Gemma3Config,
        Gemma3ForConditionalGeneration,
        Gemma3ImageProcessor,
        Gemma3Processor,
        Gemma3TextConfig,
        SiglipVisionConfig,
    )

    tokenizer = bytes_tokenizer(
        ["<start_of_image>", "<end_of_image>", "<image_soft_token>"],
        image_token="<image_soft_token>",
        boi_token="<start_of_image>",
        eoi_token="<end_of_image>",
    )
    processor = Gemma3Processor(
        Gemma3ImageProcessor(size={"height": 32, "width": 32}),
        tokenizer,
        image_seq_length=4,
        chat_template=plain_template("<start_of_image>"),
    )
    config = Gemma3Config(
        text_config=Gemma3TextConfig(
            **_text(tokenizer),
            head_dim=16,
            sliding_window=16,
            layer_types=["full_attention", "sliding_attention"],
        ),
        vision_config=SiglipVisionConfig(**{k: v for k, v in VISION.items() if k != "initializer_range"}),
        mm_tokens_per_image=4,
        boi_token_index=_id(tokenizer, "<start_of_image>"),
        eoi_token_index=_id(tokenizer, "<end_of_image>"),
        image_token_index=_id(tokenizer, "<image_soft_token>"),
    )
    return save(Gemma3ForConditionalGeneration, config, processor, folder)


def save_text_only(folder: Path) -> Path:
    """A language model without eyes."""
    from transformers import LlamaConfig, LlamaForCausalLM

    tokenizer = bytes_tokenizer([])
    return save(LlamaForCausalLM, LlamaConfig(**_text(tokenizer)), tokenizer, folder)


def save_clip(folder: Path) -> Path:
    from transformers import CLIPConfig, CLIPImageProcessor, CLIPModel, CLIPProcessor, CLIPTextConfig, CLIPVisionConfig

    tokenizer = with_ends(bytes_tokenizer([]))
    side = {"height": 32, "width": 32}
    text = {k: v for k, v in _text(tokenizer).items() if k not in ("num_key_value_heads", "initializer_range")}
    vision = {k: v for k, v in VISION.items() if k != "initializer_range"}
    config = CLIPConfig(
        text_config=CLIPTextConfig(**text, max_position_embeddings=64).to_dict(),
        vision_config=CLIPVisionConfig(**vision).to_dict(),
        projection_dim=16,
    )
    return save(CLIPModel, config, CLIPProcessor(CLIPImageProcessor(size=side, crop_size=side), tokenizer), folder)


def save_siglip(folder: Path) -> Path:
    from transformers import (
        SiglipConfig,
        SiglipImageProcessor,
        SiglipModel,
        SiglipProcessor,
        SiglipTextConfig,
        SiglipVisionConfig,
    )

    tokenizer = bytes_tokenizer([])
    text = {k: v for k, v in _text(tokenizer).items() if k not in ("num_key_value_heads", "initializer_range")}
    vision = {k: v for k, v in VISION.items() if k != "initializer_range"}
    config = SiglipConfig(
        text_config=SiglipTextConfig(**text, max_position_embeddings=64, projection_size=32).to_dict(),
        vision_config=SiglipVisionConfig(**vision).to_dict(),
    )
    side = {"height": 32, "width": 32}
    return save(SiglipModel, config, SiglipProcessor(SiglipImageProcessor(size=side), tokenizer), folder)


ASKED: dict[str, Callable[[Path], Path]] = {
    "llava": save_llava,
    "idefics": save_idefics,
    "qwen": save_qwen,
    "gemma": save_gemma,
}
ENCODERS: dict[str, Callable[[Path], Path]] = {"clip": save_clip, "siglip": save_siglip}


def save(model_class: Any, config: Any, processor: Any, folder: Path) -> Path:
    """Random weights from a fixed seed, without a word on the way."""
    from transformers.utils import logging

    logging.disable_progress_bar()
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model_class(config).save_pretrained(folder)
    processor.save_pretrained(folder)
    return folder


def bytes_tokenizer(special: Sequence[str], **named: str) -> Any:
    """One token a byte."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers

    letters = {letter: i for i, letter in enumerate(sorted(pre_tokenizers.ByteLevel.alphabet()))}
    tokenizer = Tokenizer(models.BPE(letters, []))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    return _fast(tokenizer, special, **named)


def words_tokenizer(words: Sequence[str], special: Sequence[str]) -> Any:
    """One token a known word; all others are one and the same."""
    from tokenizers import Tokenizer, models, pre_tokenizers

    vocabulary = {word: i for i, word in enumerate(["[UNK]", *words])}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    return _fast(tokenizer, special, unk_token="[UNK]")


def marked_tokenizer(special: Sequence[str]) -> Any:
    """One token a letter, with a mark before every word, as SentencePiece writes it."""
    import string

    from tokenizers import Tokenizer, models, pre_tokenizers

    letters = {letter: i for i, letter in enumerate(["▁", "[UNK]", *string.printable])}
    tokenizer = Tokenizer(models.BPE(letters, [], unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    return _fast(tokenizer, special, unk_token="[UNK]")


def with_ends(tokenizer: Any) -> Any:
    """The same tokenizer, writing a beginning and an end around every text: CLIP reads a text off its end."""
    from tokenizers.processors import TemplateProcessing

    ends = [(token, _id(tokenizer, token)) for token in ("<bos>", "<eos>")]
    tokenizer.backend_tokenizer.post_processor = TemplateProcessing(single="<bos> $A <eos>", special_tokens=ends)
    return tokenizer


def plain_template(picture: str) -> str:
    """A chat template that writes a picture so."""
    return (
        "<bos>{% for message in messages %}{{ message['role'] }}: {% for part in message['content'] %}"
        "{% if part['type'] == 'image' %}{{ '" + picture.replace("\n", "\\n") + "' }}{% else %}{{ part['text'] }}"
        "{% endif %}{% endfor %}<eos>\n{% endfor %}{% if add_generation_prompt %}assistant:{% endif %}"
    )


def _fast(tokenizer: Any, special: Sequence[str], **named: str) -> Any:
    from transformers import PreTrainedTokenizerFast

    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        bos_token="<bos>",
        eos_token="<eos>",
        pad_token="<pad>",
        additional_special_tokens=list(special),
        **named,
    )


def _text(tokenizer: Any) -> dict[str, Any]:
    ids = {name: getattr(tokenizer, name) for name in ("bos_token_id", "eos_token_id", "pad_token_id")}
    return {**TEXT, "vocab_size": len(tokenizer), **ids}


def _id(tokenizer: Any, token: str) -> int:
    return int(tokenizer.convert_tokens_to_ids(token))
